// Keys that replaced one another in rotations: a budget of one of them is a budget of all.

import type { Migration } from './migrator.ts';

export const keyLinesMigration: Migration = {
  version: 23,
  name: 'key-lines',
  // An older program rotates without it: the new key then asks none of the old one's budgets.
  minReader: 9,
  // The first key of the line; null for a key that replaced none.
  statements: ['alter table keys add column line text'],
};
