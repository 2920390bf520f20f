// What changed in upstream's catalog between two fetches.

import type { Migration } from './migrator.ts';

export const catalogChangesMigration: Migration = {
  version: 4,
  name: 'catalog-changes',
  statements: [
    `create table catalog_changes (
      changed_at bigint not null,
      position bigint not null,
      model text not null,
      kind text not null,
      fields text not null,
      primary key (changed_at, position)
    )`,
  ],
};
