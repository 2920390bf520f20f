// Finding the idempotency keys that are dead, without a look at those that live.

import type { Migration } from './migrator.ts';

export const keyAgesMigration: Migration = {
  version: 8,
  name: 'key-ages',
  statements: ['create index idempotency_keys_by_age on idempotency_keys (created_at)'],
};
