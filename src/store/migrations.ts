// Every schema change there ever was, in order. Append only: an applied migration is never edited.

import { jobsMigration } from './migrations/0001-jobs.ts';
import { observationsMigration } from './migrations/0002-observations.ts';
import { repairMigration } from './migrations/0003-repair.ts';
import { catalogChangesMigration } from './migrations/0004-catalog-changes.ts';
import { callbacksMigration } from './migrations/0005-callbacks.ts';
import { missingMigration } from './migrations/0006-missing.ts';
import { resubmissionsMigration } from './migrations/0007-resubmissions.ts';
import { keyAgesMigration } from './migrations/0008-key-ages.ts';
import type { Migration } from './migrator.ts';

export const MIGRATIONS: readonly Migration[] = [
  jobsMigration,
  observationsMigration,
  repairMigration,
  catalogChangesMigration,
  callbacksMigration,
  missingMigration,
  resubmissionsMigration,
  keyAgesMigration,
];
