// What ended jobs taught, one row each until it is too old to learn from, read newest first and never the whole table.

import type { JobObservation } from '../../core/learning/observation.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Database } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';
import type { ObservationTable } from '../sql/tables.ts';

type Observations = Pick<JobStore, 'saveObservation' | 'listObservations'>;

export function createObservations({ reader, writeOne }: Database): Observations {
  const insert = prepare((row: ObservationTable) =>
    reader
      .insertInto('observations')
      .values({
        job_id: row.job_id,
        model: row.model,
        status: row.status,
        ended_at: row.ended_at,
        took_ms: row.took_ms,
        duration_s: row.duration_s,
        resolution: row.resolution,
        sound: row.sound,
        list_micro_usd: row.list_micro_usd,
        billed_micro_usd: row.billed_micro_usd,
        is_byok: row.is_byok,
        client_id: row.client_id,
        price_kind: row.price_kind,
      })
      .onConflict((conflict) => conflict.column('job_id').doNothing()),
  );

  const modelsSince = prepare((params: { since: number }) =>
    reader.selectFrom('observations').select('model').distinct().where('ended_at', '>=', params.since),
  );

  const newestOf = prepare((params: { model: string; since: number; limit: number }) =>
    reader
      .selectFrom('observations')
      .selectAll()
      .where('model', '=', params.model)
      .where('ended_at', '>=', params.since)
      .orderBy('ended_at', 'desc')
      .orderBy('job_id', 'desc')
      .limit(params.limit),
  );

  return {
    saveObservation: (observation) =>
      writeOne(async (db) => {
        await insert(db, toRow(observation));
        return { value: undefined, changed: [] };
      }),

    async listObservations(since, perModel) {
      const found: JobObservation[] = [];
      // One bounded read per model: a window over the table would read all of it to keep a few rows of each.
      for (const { model } of await modelsSince(reader, { since })) {
        const rows = await newestOf(reader, { model, since, limit: perModel });
        found.push(...rows.map(toObservation));
      }
      return found;
    },
  };
}

const toFlag = (value: boolean | null) => (value === null ? null : Number(value));
const fromFlag = (value: number | null) => (value === null ? null : value === 1);

function toRow(seen: JobObservation): ObservationTable {
  return {
    job_id: seen.jobId,
    model: seen.model,
    status: seen.status,
    ended_at: seen.endedAt,
    took_ms: seen.tookMs,
    duration_s: seen.durationS,
    resolution: seen.resolution,
    sound: toFlag(seen.sound),
    list_micro_usd: seen.listMicroUsd,
    billed_micro_usd: seen.billedMicroUsd,
    is_byok: toFlag(seen.isByok),
    client_id: seen.clientId,
    price_kind: seen.priceKind,
  };
}

function toObservation(row: ObservationTable): JobObservation {
  return {
    jobId: row.job_id,
    model: row.model,
    status: row.status,
    endedAt: row.ended_at,
    tookMs: row.took_ms,
    durationS: row.duration_s,
    resolution: row.resolution,
    sound: fromFlag(row.sound),
    listMicroUsd: row.list_micro_usd,
    billedMicroUsd: row.billed_micro_usd,
    isByok: fromFlag(row.is_byok),
    clientId: row.client_id,
    priceKind: row.price_kind,
  };
}
