// The overview: jobs by state, how each model does, what is paused, what wants a person, what changed in the catalog.

import type { Job, JobStatus } from '../../core/job/job.ts';
import type { ModelHealth } from '../../core/learning/model-health.ts';
import { type Principal, visibleTo } from '../../core/principal.ts';
import type { CatalogChange } from '../../store/ports/catalog.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { CatalogHistoryReader } from '../catalog/catalog-history.ts';
import type { SubmissionHold, SubmissionHolds } from '../jobs/submission-hold.ts';
import type { PausedSubmits, SubmitBreaker } from '../jobs/submit-breaker.ts';
import type { ModelStats } from '../learning/model-stats.ts';
import type { RecentAlarm, RecentAlarms } from './recent-alarms.ts';

type Counts = ReadonlyMap<JobStatus, number>;

/** Times are epoch milliseconds. A client sees its own jobs, and what keeps its own submits back. */
export interface OverviewReport {
  readonly at: number;
  readonly open: Counts;
  readonly ended: Counts;
  readonly endedSince: number;
  readonly models: readonly ModelHealth[];
  readonly pauses: readonly PausedSubmits[];
  /** Jobs whose submit has an unknown outcome, oldest first. */
  readonly unknown: readonly Job[];
  readonly hasMoreUnknown: boolean;
  /** Newest first. */
  readonly changes: readonly CatalogChange[];
  readonly changesSince: number;
  readonly hasMoreChanges: boolean;
  /** Null for a client. */
  readonly operations: {
    readonly hold: SubmissionHold | null;
    readonly alarms: readonly RecentAlarm[];
    /** The process that raised them, and whose pauses these are. */
    readonly instance: string;
  } | null;
}

export interface Overview {
  read(principal: Principal): Promise<OverviewReport>;
}

export interface OverviewParts {
  readonly store: Pick<JobStore, 'countOpenJobs' | 'countEndedJobs' | 'listJobs'>;
  readonly modelStats: Pick<ModelStats, 'health'>;
  readonly history: CatalogHistoryReader;
  readonly breaker: Pick<SubmitBreaker, 'list'>;
  readonly holds: Pick<SubmissionHolds, 'current'>;
  readonly alarms: Pick<RecentAlarms, 'list'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Names this process. */
  readonly instance: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const WEEK_MS = 7 * DAY_MS;
const MAX_UNKNOWN = 20;
// They are kept oldest first: so many are read for the newest of them.
const MAX_CHANGES_READ = 1_000;
const MAX_CHANGES = 100;

export function createOverview(parts: OverviewParts): Overview {
  const { store, clock } = parts;

  const listUnknown = (clientId: string | null) =>
    store.listJobs({
      clientId,
      limit: MAX_UNKNOWN + 1,
      before: null,
      statuses: ['submission_unknown'],
      model: null,
      tag: null,
      reference: null,
      keyId: null,
      since: null,
      until: null,
      order: 'oldest',
    });

  return {
    async read(principal) {
      const at = clock();
      const clientId = visibleTo(principal);
      const endedSince = at - DAY_MS;
      const changesSince = at - WEEK_MS;
      const [open, ended, unknown, changes] = await Promise.all([
        store.countOpenJobs(clientId),
        store.countEndedJobs(clientId, endedSince),
        listUnknown(clientId),
        parts.history.list({ changedAt: changesSince, position: Number.MAX_SAFE_INTEGER }, MAX_CHANGES_READ),
      ]);
      return {
        at,
        open,
        ended,
        endedSince,
        models: parts.modelStats.health(clientId),
        pauses: parts.breaker
          .list()
          .filter(({ client }) => clientId === null || client === null || client === clientId),
        unknown: unknown.slice(0, MAX_UNKNOWN),
        hasMoreUnknown: unknown.length > MAX_UNKNOWN,
        changes: changes.slice(-MAX_CHANGES).reverse(),
        changesSince,
        hasMoreChanges: changes.length > MAX_CHANGES,
        operations:
          clientId === null
            ? { hold: parts.holds.current(), alarms: parts.alarms.list(), instance: parts.instance }
            : null,
      };
    },
  };
}
