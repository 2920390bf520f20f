// What a principal's key and client allow of an order.

import { ClipgateError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import type { RunningSlots } from '../../store/ports/jobs.ts';

export const modelNotAllowed = (modelId: string) =>
  new ClipgateError('model_not_allowed', `This key or its client is not allowed to use ${modelId}.`);

/** The limits of jobs running at once that an order counts against. */
export const slotsOf = ({ limits }: Pick<Principal, 'limits'>): RunningSlots[] =>
  limits.flatMap(({ scope, id, maxRunningJobs }) =>
    maxRunningJobs === null ? [] : [{ scope, id, max: maxRunningJobs }],
  );
