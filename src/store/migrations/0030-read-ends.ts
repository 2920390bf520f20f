// Jobs whose end a client has read that would order again had it not.

import type { Migration } from './migrator.ts';

export const readEndsMigration: Migration = {
  version: 30,
  name: 'read-ends',
  // Older programs answer such a client without a note, and it may get the same job once more.
  minReader: 9,
  statements: ['alter table jobs add column end_read_at bigint'],
};
