// Whether an operator or a restore has paused submissions: stored in the database, read by every replica within a second.

import { ClipgateError } from '../../core/errors.ts';
import type { Act } from '../../store/ports/audit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { SubmissionHold } from '../../store/ports/submission-hold.ts';
import type { Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';

export type { SubmissionHold };

export interface SubmissionHolds {
  /** As it was read last; null = buying is not held. */
  current(): SubmissionHold | null;
  /** Reads it from the store. To be done once before anything is bought. */
  refresh(): Promise<void>;
  /** @param by with the reason. */
  pause(by: Act): Promise<SubmissionHold | null>;
  resume(by: Act): Promise<SubmissionHold | null>;
  start(): void;
  stop(): Promise<void>;
}

export interface SubmissionHoldsParts {
  readonly store: Pick<JobStore, 'getSubmissionHold' | 'setSubmissionHold'>;
  readonly log: Log;
}

/** How long a hold that another replica set may go unnoticed here. */
const REFRESH_MS = 1_000;
const RETRY_AFTER_S = 60;

export function createSubmissionHolds({ store, log }: SubmissionHoldsParts): SubmissionHolds {
  let hold: SubmissionHold | null = null;

  async function refresh(): Promise<void> {
    hold = await store.getSubmissionHold();
  }

  const loop = createLoop(
    async () => {
      await refresh();
      return REFRESH_MS;
    },
    // What was read last stands: a hold is not lifted by a database that is away.
    (error) => log.debug({ err: error }, 'the hold on submissions could not be read'),
    REFRESH_MS,
  );

  return {
    current: () => hold,
    refresh,
    async pause(by) {
      hold = await store.setSubmissionHold(true, by);
      log.warn({ operator: by.actor, reason: by.reason }, 'an operator paused submissions');
      return hold;
    },
    async resume(by) {
      hold = await store.setSubmissionHold(false, by);
      log.warn({ operator: by.actor }, 'an operator resumed submissions');
      return hold;
    },
    start: () => loop.start(),
    stop: () => loop.stop(),
  };
}

/** What a caller who would buy is answered. */
export const submissionsHeld = ({ reason }: SubmissionHold) =>
  new ClipgateError(
    'submissions_paused',
    `An operator of this gateway has paused submissions: ${reason} Nothing was bought. Retry later with the same Idempotency-Key.`,
    { retryAfterS: RETRY_AFTER_S },
  );
