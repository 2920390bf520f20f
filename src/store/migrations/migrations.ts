// Every schema change there ever was, in order. Append only: an applied migration is never edited.

import { jobsMigration } from './0001-jobs.ts';
import { observationsMigration } from './0002-observations.ts';
import { repairMigration } from './0003-repair.ts';
import { catalogChangesMigration } from './0004-catalog-changes.ts';
import { callbacksMigration } from './0005-callbacks.ts';
import { missingMigration } from './0006-missing.ts';
import { resubmissionsMigration } from './0007-resubmissions.ts';
import { keyAgesMigration } from './0008-key-ages.ts';
import { bodiesMigration } from './0009-bodies.ts';
import { ceilingsMigration } from './0010-ceilings.ts';
import { unclearMigration } from './0011-unclear.ts';
import { auditMigration } from './0012-audit.ts';
import { budgetsMigration } from './0013-budgets.ts';
import { keysMigration } from './0014-keys.ts';
import { erasureMigration } from './0015-erasure.ts';
import { waitingJobsMigration } from './0016-waiting-jobs.ts';
import { spendMigration } from './0017-spend.ts';
import { facesMigration } from './0018-faces.ts';
import { listIndexesMigration } from './0019-list-indexes.ts';
import { deletedVideosMigration } from './0020-deleted-videos.ts';
import { keyOfJobsMigration } from './0021-key-of-jobs.ts';
import { originsMigration } from './0022-origins.ts';
import { keyLinesMigration } from './0023-key-lines.ts';
import { sessionsMigration } from './0024-sessions.ts';
import { quotedClipsMigration } from './0025-quoted-clips.ts';
import { ordersUnderWayMigration } from './0026-orders-under-way.ts';
import { alarmCallsMigration } from './0027-alarm-calls.ts';
import { changesByModelMigration } from './0028-changes-by-model.ts';
import { jobHistoryMigration } from './0029-job-history.ts';
import { readEndsMigration } from './0030-read-ends.ts';
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
  bodiesMigration,
  ceilingsMigration,
  unclearMigration,
  auditMigration,
  budgetsMigration,
  keysMigration,
  erasureMigration,
  waitingJobsMigration,
  spendMigration,
  facesMigration,
  listIndexesMigration,
  deletedVideosMigration,
  keyOfJobsMigration,
  originsMigration,
  keyLinesMigration,
  sessionsMigration,
  quotedClipsMigration,
  ordersUnderWayMigration,
  alarmCallsMigration,
  changesByModelMigration,
  jobHistoryMigration,
  readEndsMigration,
];
