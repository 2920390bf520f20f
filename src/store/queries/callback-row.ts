// Between a row and a Callback.

import type { Callback } from '../../core/callbacks/delivery.ts';
import type { Tables } from '../sql/tables.ts';

export const CALLBACK_COLUMNS = [
  'job_id',
  'state',
  'event',
  'attempts',
  'last_error',
  'due_at',
  'lease_owner',
] as const;

type CallbackRow = Pick<Tables['callbacks'], (typeof CALLBACK_COLUMNS)[number]>;

export const toCallback = (row: CallbackRow): Callback => ({
  jobId: row.job_id,
  state: row.state,
  event: row.event,
  attempts: row.attempts,
  lastError: row.last_error,
  nextAt: row.state === 'pending' && row.lease_owner === null ? row.due_at : null,
});
