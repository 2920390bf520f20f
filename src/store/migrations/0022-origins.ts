// The request that ordered a job, and its trace.

import type { Migration } from './migrator.ts';

export const originsMigration: Migration = {
  version: 22,
  name: 'origins',
  // Older programs neither write nor read them.
  minReader: 9,
  statements: ['alter table jobs add column request_id text', 'alter table jobs add column traceparent text'],
};
