// Lists of the jobs of one model in one status, answered from an index however many are in another.

import type { Migration } from './migrator.ts';

export const listIndexesMigration: Migration = {
  version: 19,
  name: 'list-indexes',
  minReader: 9,
  statements: [
    // With the status at the end, jobs in another one are passed over without a look at their rows.
    'drop index jobs_by_model',
    'create index jobs_by_model on jobs (model, created_at, id, status)',
    'drop index jobs_by_client_model',
    'create index jobs_by_client_model on jobs (client_id, model, created_at, id, status)',
  ],
};
