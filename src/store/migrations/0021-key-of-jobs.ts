// The Idempotency-Key that a job was ordered with, beside the job: it outlives the key's own row.

import type { Migration } from './migrator.ts';

export const keyOfJobsMigration: Migration = {
  version: 21,
  name: 'key-of-jobs',
  // Older programs leave it out: their jobs say null, as all of before do.
  minReader: 9,
  statements: ['alter table jobs add column idempotency_key text'],
};
