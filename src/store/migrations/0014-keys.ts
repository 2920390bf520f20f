// Keys and clients that operators make while the gateway runs.

import type { Migration } from './migrator.ts';

export const keysMigration: Migration = {
  version: 14,
  name: 'keys',
  // Older programs know the keys of their environment alone, as before.
  minReader: 9,
  statements: [
    `create table clients (
      name text not null primary key,
      models text,
      limits text,
      callback_secrets text,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    `create table keys (
      id text not null primary key,
      client text not null,
      name text,
      sha256 text not null,
      last4 text,
      scopes text not null,
      models text,
      limits text,
      created_at bigint not null,
      created_by text not null,
      expires_at bigint,
      revoked_at bigint,
      replaced_by text,
      last_used_on text
    )`,
    // What a request is authenticated by.
    'create unique index keys_by_sha256 on keys (sha256)',
    'create index keys_by_client on keys (client, id)',
    `create table idempotent_acts (
      actor text not null,
      key text not null,
      body_hash text not null,
      object_id text not null,
      created_at bigint not null,
      primary key (actor, key)
    )`,
    'create index idempotent_acts_by_age on idempotent_acts (created_at)',
  ],
};
