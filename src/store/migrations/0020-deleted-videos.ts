// Jobs that a client removed from its list of videos.

import type { Migration } from './migrator.ts';

export const deletedVideosMigration: Migration = {
  version: 20,
  name: 'deleted-videos',
  // Older programs go on listing them.
  minReader: 9,
  statements: ['alter table jobs add column hidden_at bigint'],
};
