// Which clips the archive holds.

import type { StoredOutput } from '../../core/job/job.ts';
import type { OutputStore } from '../ports/outputs.ts';
import type { Database, Queries } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';

export function createOutputs({ reader, dialect, write }: Database): OutputStore {
  const selectOutputs = reader.selectFrom('outputs').selectAll().orderBy('job_id').orderBy('output_index');
  const outputsOfOne = prepare((params: { jobId: string }) =>
    selectOutputs.where('job_id', '=', params.jobId),
  );

  async function insertOutput(db: Queries, output: StoredOutput): Promise<void> {
    const { file, bytes, sha256 } = output;
    const content = { file, bytes, sha256, content_type: output.contentType };
    await db
      .insertInto('outputs')
      .values({ job_id: output.jobId, output_index: output.index, ...content })
      .onConflict((conflict) => conflict.columns(['job_id', 'output_index']).doUpdateSet(content))
      .execute();
  }

  return {
    saveOutput: (output) =>
      write(async (db) => {
        const job = db.selectFrom('jobs').select('clips_removed_at').where('id', '=', output.jobId);
        // Held, so that a removal sees this row or is seen here.
        const row = await dialect.lockRows(job).executeTakeFirstOrThrow();
        if (row.clips_removed_at !== null) return { value: false, changed: [] };
        await insertOutput(db, output);
        return { value: true, changed: [output.jobId] };
      }),
    async getOutputs(jobIds) {
      const [only] = jobIds;
      // One job is what is asked for on the way to every answer about it.
      const rows =
        only !== undefined && jobIds.length === 1
          ? await outputsOfOne(reader, { jobId: only })
          : await selectOutputs.where('job_id', 'in', jobIds).execute();
      return rows.map((row) => ({
        jobId: row.job_id,
        index: row.output_index,
        file: row.file,
        bytes: row.bytes,
        sha256: row.sha256,
        contentType: row.content_type,
      }));
    },
  };
}
