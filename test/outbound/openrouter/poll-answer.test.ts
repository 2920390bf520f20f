// What a poll says, in forms that differ from those on record: the reason and the bill are read all the same.

import { expect, it } from 'vitest';
import { parseBillRecord, parsePollAnswer } from '../../../src/outbound/openrouter/wire.ts';

const JOB = { id: 'gen-vid-1', status: 'failed' };

it.each<[error: unknown, reason: string | null]>([
  [['flagged', { message: 'twice' }], 'flagged; twice'],
  [{ errors: [], code: 42 }, '42'],
  [7, null],
  [[[], '', {}], null],
])('reads the reason %j', (error, reason) => {
  expect(parsePollAnswer({ ...JOB, error }, 'gen-vid-1')?.error).toBe(reason);
});

it.each<[cost: unknown, usd: number | null]>([
  ['0.12', 0.12],
  ['-1', null],
  ['1e9', null],
  ['', null],
  [0.12, 0.12],
])('reads the cost %j', (cost, usd) => {
  expect(parsePollAnswer({ ...JOB, usage: { cost } }, 'gen-vid-1')?.costUsd).toBe(usd);
  expect(parseBillRecord({ data: { total_cost: cost } })?.costUsd ?? null).toBe(usd);
});
