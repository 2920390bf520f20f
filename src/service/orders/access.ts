// What a principal's key and client allow of an order.

import { DEFAULT_MAX_WAITING_JOBS } from '../../core/accounts/key.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import type { RunningSlots } from '../../store/ports/jobs.ts';

export const modelNotAllowed = (modelId: string) =>
  new ClipgateError('model_not_allowed', `This key or its client is not allowed to use ${modelId}.`);

/** The limits of jobs running at once, and waiting, that an order counts against; none where any number may run. */
export const slotsOf = ({ limits }: Pick<Principal, 'limits'>): RunningSlots[] =>
  limits.every(({ maxRunningJobs }) => maxRunningJobs === null)
    ? []
    : limits.map(({ scope, line, maxRunningJobs, maxWaitingJobs }) => ({
        scope,
        id: line,
        max: maxRunningJobs,
        maxWaiting: maxWaitingJobs ?? DEFAULT_MAX_WAITING_JOBS,
      }));
