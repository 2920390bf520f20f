// Since when, and how often in a row, upstream has said that it knows no such job.

import type { Migration } from './migrator.ts';

export const missingMigration: Migration = {
  version: 6,
  name: 'missing',
  statements: [
    'alter table jobs add column missing_since bigint',
    'alter table jobs add column missing_polls bigint not null default 0',
  ],
};
