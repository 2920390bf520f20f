// Clips that were quoted, kept until they are bought by their quote or it has expired.

import type { Migration } from './migrator.ts';

export const quotedClipsMigration: Migration = {
  version: 25,
  name: 'quoted-clips',
  // Older programs quote no clips that they keep.
  minReader: 9,
  statements: [
    // The content stands last: what ranks and removes rows reads none of it.
    `create table quoted_clips (
      id text not null primary key,
      client_id text not null,
      created_at bigint not null,
      expires_at bigint not null,
      bytes bigint not null,
      idempotency_key text,
      content text
    )`,
    'create index quoted_clips_by_client on quoted_clips (client_id, created_at)',
    'create index quoted_clips_by_age on quoted_clips (expires_at)',
  ],
};
