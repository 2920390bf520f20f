// Since when upstream says nothing of a job that is known here, and what it says instead.

import type { Migration } from './migrator.ts';

export const unclearMigration: Migration = {
  version: 11,
  name: 'unclear',
  statements: [
    'alter table jobs add column unclear_since bigint',
    'alter table jobs add column status_detail text',
  ],
  // An older program leaves both alone: it goes on asking in silence, as it did.
  minReader: 9,
};
