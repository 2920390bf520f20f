// Sessions of the console: a browser that signed in with a key.

import type { Migration } from './migrator.ts';

export const sessionsMigration: Migration = {
  version: 24,
  name: 'sessions',
  // Older programs have no console.
  minReader: 9,
  statements: [
    // The token is known to its browser alone, as a key is to its holder.
    `create table sessions (
      sha256 text not null primary key,
      key_sha256 text not null,
      created_at bigint not null,
      expires_at bigint not null,
      last_used_at bigint not null
    )`,
    'create index sessions_by_key on sessions (key_sha256, created_at)',
    'create index sessions_by_end on sessions (expires_at)',
  ],
};
