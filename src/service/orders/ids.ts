// Names for jobs and intents: sortable by time where people list them, unguessable where they are secrets.

import { randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const ULID = '[0-7][0-9A-HJKMNP-TV-Z]{25}';

/** What every job id looks like; anything else names no job. */
export const JOB_ID_PATTERN = new RegExp(`^job_${ULID}$`);

/** What every budget id looks like; anything else names no budget. */
export const BUDGET_ID_PATTERN = new RegExp(`^budget_${ULID}$`);

/** What every key id looks like, of those that are stored and of those of variables. */
export const KEY_ID_PATTERN = new RegExp(`^(key_${ULID}|env_[0-9a-f]{12})$`);

/** What the name of every quoted clip looks like that the store keeps. */
export const QUOTE_ID_PATTERN = new RegExp(`^quote_${ULID}$`);

export const createJobId = (nowMs: number): string => `job_${createUlid(nowMs)}`;

export const createBudgetId = (nowMs: number): string => `budget_${createUlid(nowMs)}`;

export const createAdjustmentId = (nowMs: number): string => `adjustment_${createUlid(nowMs)}`;

export const createKeyId = (nowMs: number): string => `key_${createUlid(nowMs)}`;

export const createQuoteId = (nowMs: number): string => `quote_${createUlid(nowMs)}`;

/** 48 bits of time, 80 random bits: sorts by time of creation to the millisecond. */
function createUlid(nowMs: number): string {
  let id = '';
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32))
    id = CROCKFORD.charAt(rest % 32) + id;
  // 16 bytes, five bits of each: no bias, no big-integer arithmetic.
  for (const byte of randomBytes(16)) id += CROCKFORD.charAt(byte & 31);
  return id;
}

/** 128 random bits in hex. */
export const createNonce = (): string => randomBytes(16).toString('hex');
