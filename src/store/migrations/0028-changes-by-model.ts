// The history of the catalog by model: what changed of one is read without what changed of the others.

import type { Migration } from './migrator.ts';

export const changesByModelMigration: Migration = {
  version: 28,
  name: 'changes-by-model',
  minReader: 9,
  statements: ['create index catalog_changes_by_model on catalog_changes (model, changed_at, position)'],
};
