// Bills that came as unknown are asked for, and only what upstream says is entered.

import { afterEach, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createOpenRouter, type OpenRouter } from '../../../src/outbound/openrouter/openrouter.ts';
import { createBillWatch } from '../../../src/service/accounts/bill-watch.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts';
import type { Bill, UnknownBill } from '../../../src/store/ports/job-acts.ts';
import { CLIP } from '../../support/clips.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const KEY = 'sk-or-v1-test';
let simulator: Simulator;
let upstream: OpenRouter;
afterEach(async () => {
  await upstream.close();
  await simulator.close();
});

it('enters what the billing record says, and nothing where there is none', async () => {
  simulator = await startSimulator({ timeScale: 0, apiKey: KEY });
  upstream = createOpenRouter(
    { baseUrl: simulator.apiUrl, apiKey: () => createSecret(KEY), userAgent: 'clipgate/test', now: () => 0 },
    { connectMs: 1_000, submitMs: 2_000, readMs: 2_000, stallMs: 2_000 },
  );
  const outcome = await upstream.submit({ ...CLIP, prompt: 'a boat [sim:cost_null]' }, null);
  if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
  const known = { jobId: 'job_1', attempt: 1, generationId: outcome.generationId ?? outcome.upstreamId };
  const unknown = { jobId: 'job_2', attempt: 2, generationId: 'gen-vid-of-nobody' };
  let due: readonly UnknownBill[] = [unknown, known];
  const entered: [string, Bill, unknown][] = [];
  const watch = createBillWatch({
    store: {
      claimUnknownBills: async () => {
        const claimed = due;
        due = [];
        return claimed;
      },
      enterBill: async (jobId, bill, by) => {
        entered.push([jobId, bill, by]);
        return null;
      },
    },
    upstream,
    log: createRecordedLog(),
  });
  expect(await watch.tick()).toBe(15_000);
  expect(entered).toEqual([['job_1', { attempt: 1, microUsd: 120_000, isByok: false }, null]]);
  await watch.tick();
  expect(entered).toHaveLength(1);
});
