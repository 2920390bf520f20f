// A store that says of every failed call whether the database is away or damaged, and takes no order while it is damaged.

import { ClipgateError } from '../../core/errors.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { StoreFault, StoreHealth } from '../ports/store-health.ts';
import { findStoreFault } from './store-fault.ts';

const RETRY_AFTER_S = 5;
const DAMAGED_RETRY_AFTER_S = 300;

const unavailable = (cause: unknown) =>
  new ClipgateError(
    'store_unavailable',
    'The database is unavailable. Retry with the same Idempotency-Key.',
    { cause, retryAfterS: RETRY_AFTER_S },
  );

const corrupt = (cause: unknown) =>
  new ClipgateError(
    'store_unavailable',
    'The database is corrupt. The gateway accepts no orders until an operator has restored a backup.',
    { cause, retryAfterS: DAMAGED_RETRY_AFTER_S },
  );

export type UnguardedStore = Omit<JobStore, 'onFault'>;

/** Wraps every member that returns a promise; the others are passed on. */
export function guardStore(store: UnguardedStore): JobStore {
  const listeners = new Set<Parameters<StoreHealth['onFault']>[0]>();
  let state: 'working' | StoreFault = 'working';

  function note(fault: StoreFault, cause: unknown): void {
    if (state === fault || state === 'corrupt') return;
    state = fault;
    for (const listener of listeners) listener(fault, cause);
  }

  function asStoreError(error: unknown): unknown {
    const fault = findStoreFault(error);
    if (fault === null) return error;
    note(fault, error);
    if (fault === 'corrupt') return corrupt(error);
    return error instanceof ClipgateError ? error : unavailable(error);
  }

  const guard =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      const result = call(...args);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw asStoreError(error);
      }) as R;
    };

  /** A purchase that could not be recorded must not begin. */
  const refuseDamaged =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (state === 'corrupt') throw corrupt(undefined);
      return call(...args);
    };

  const guarded = Object.fromEntries(
    Object.entries(store).map(([name, member]) => [name, guard(member as (...args: unknown[]) => unknown)]),
  ) as unknown as UnguardedStore;
  const { createJob, claimDue, beginAttempt, saveStep, ping } = guarded;

  return {
    ...guarded,
    createJob: refuseDamaged(createJob),
    claimDue: refuseDamaged(claimDue),
    beginAttempt: refuseDamaged(beginAttempt),
    // Outcomes are still written, if they can be: a paid video is worth the try.
    saveStep: (lease, change, after) =>
      change.status === 'submitting'
        ? refuseDamaged(saveStep)(lease, change, after)
        : saveStep(lease, change, after),
    ping: refuseDamaged(async () => {
      await ping();
      if (state === 'unavailable') state = 'working';
    }),
    onFault(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
