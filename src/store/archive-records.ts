// Which clips the archive holds, and the small documents kept across restarts.

import type { Database, Queries } from './database.ts';
import type { JobStore, StoredOutput } from './port.ts';

export type ArchiveRecords = Pick<JobStore, 'saveOutput' | 'getOutputs'>;
export type KeptDocuments = Pick<JobStore, 'saveDocument' | 'loadDocument'>;

export function createArchiveRecords({ reader, dialect, write }: Database): ArchiveRecords {
  async function insertOutput(db: Queries, output: StoredOutput): Promise<void> {
    // The job's row first: two outputs saved at once must count each other.
    await dialect.lockRows(db.selectFrom('jobs').select('id').where('id', '=', output.jobId)).execute();
    const { file, bytes, sha256 } = output;
    const content = { file, bytes, sha256, content_type: output.contentType };
    await db
      .insertInto('outputs')
      .values({ job_id: output.jobId, output_index: output.index, ...content })
      .onConflict((conflict) => conflict.columns(['job_id', 'output_index']).doUpdateSet(content))
      .execute();
    await db
      .updateTable('jobs')
      .set((set) => ({
        stored_count: set
          .selectFrom('outputs')
          .select((count) => count.fn.countAll<number>().as('stored'))
          .where('outputs.job_id', '=', output.jobId),
      }))
      .where('id', '=', output.jobId)
      .execute();
  }

  return {
    saveOutput: (output) => write(async (db) => ({ value: await insertOutput(db, output), changed: [] })),
    async getOutputs(jobId) {
      const rows = await reader
        .selectFrom('outputs')
        .selectAll()
        .where('job_id', '=', jobId)
        .orderBy('output_index')
        .execute();
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

export function createKeptDocuments({ reader, dialect, writeOne }: Database): KeptDocuments {
  return {
    saveDocument: (key, json) =>
      writeOne(async (db) => {
        const saved = { json, saved_at: dialect.now() };
        await db
          .insertInto('documents')
          .values({ key, ...saved })
          .onConflict((conflict) => conflict.column('key').doUpdateSet(saved))
          .execute();
        return { value: undefined, changed: [] };
      }),
    async loadDocument(key) {
      const row = await reader
        .selectFrom('documents')
        .select(['json', 'saved_at'])
        .where('key', '=', key)
        .executeTakeFirst();
      return row ? { json: row.json, savedAt: row.saved_at } : null;
    },
  };
}
