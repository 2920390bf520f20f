// The most a job may be billed, as it was estimated, and whose bill an observation is, of which kind of clip.

import type { Migration } from './migrator.ts';

export const ceilingsMigration: Migration = {
  version: 10,
  name: 'ceilings',
  minReader: 9,
  statements: [
    'alter table jobs add column ceiling_micro_usd bigint',
    'alter table observations add column client_id text',
    'alter table observations add column price_kind text',
  ],
};
