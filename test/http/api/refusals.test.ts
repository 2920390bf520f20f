// Upstream's no, as the caller hears it: a status, a code and a sentence of ours, and a job that says the same.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLIP, type JobAnswer, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

type Refusal = Parameters<TestGateway['simulator']['addFault']>[0] & { readonly fault: 'error' };

it.each<
  [name: string, refusal: Omit<Refusal, 'fault'>, problem: Partial<ProblemAnswer>, retryAfter: string | null]
>([
  [
    'input',
    { status: 400, message: 'Duration 99s is not supported' },
    { status: 400, code: 'upstream_rejected', detail: 'Duration 99s is not supported' },
    null,
  ],
  [
    'input, in the other envelope',
    { status: 400, message: 'bad', envelope: 'zod' },
    { status: 400, code: 'upstream_rejected', detail: 'bad' },
    null,
  ],
  [
    'our key',
    { status: 401, message: 'User not found.' },
    { status: 502, code: 'upstream_key_invalid' },
    null,
  ],
  [
    'no credits',
    { status: 402 },
    {
      status: 402,
      code: 'upstream_insufficient_credits',
      limit_source: 'openrouter_credits',
      detail: 'The OpenRouter account or key has reached its spending limit. Nothing was bought.',
    },
    null,
  ],
  [
    'too much at once',
    { status: 402, limit_source: 'openrouter_in_flight_budget', retry_after_s: 9 },
    {
      status: 402,
      code: 'upstream_insufficient_credits',
      limit_source: 'openrouter_in_flight_budget',
      detail:
        'The jobs in flight use up the budget of the OpenRouter account. Nothing was bought. Retry when some have ended.',
      retry_after_s: 9,
    },
    '9',
  ],
  [
    'moderation',
    { status: 403, message: 'Your input was flagged' },
    { status: 403, code: 'upstream_forbidden', detail: 'Your input was flagged' },
    null,
  ],
  [
    'privacy',
    { status: 404, message: 'No endpoints found' },
    { status: 404, code: 'upstream_not_found' },
    null,
  ],
  ['size', { status: 413 }, { status: 413, code: 'upstream_too_large' }, null],
  [
    'validation',
    { status: 422, message: 'no' },
    { status: 400, code: 'upstream_rejected', detail: 'no' },
    null,
  ],
  [
    'rate, by header',
    { status: 429, retry_after_s: 17 },
    { status: 429, code: 'upstream_rate_limited', retry_after_s: 17 },
    '17',
  ],
  [
    'rate, by metadata',
    { status: 429, by: 'provider' },
    { status: 429, code: 'upstream_rate_limited', retry_after_s: 30 },
    '30',
  ],
])('%s', async (_name, refusal, expected, retryAfter) => {
  gateway.simulator.addFault({ fault: 'error', count: 1, ...refusal });
  const response = await gateway.post('/jobs', CLIP);
  const problem = await readAs<ProblemAnswer>(response);
  expect(problem).toMatchObject(expected);
  expect(response.headers.get('retry-after')).toBe(retryAfter);
  // What upstream says of our key or our account is nobody's business.
  if (problem.status === 402 || problem.status === 502)
    expect(problem.detail).not.toMatch(/credits\b.*http|User/);
  const job = await readAs<JobAnswer>(await gateway.request(`/jobs/${problem.job_id}`));
  expect(job).toMatchObject({
    status: 'rejected',
    resubmit_safe: true,
    error: { code: problem.code, message: problem.detail },
  });
  expect(gateway.simulator.ledger()).toEqual([]);
});

it('tells an upstream that cannot be reached from one that said no', async () => {
  gateway.simulator.refuseConnections();
  const response = await gateway.post('/jobs', CLIP);
  expect(await readAs<ProblemAnswer>(response)).toMatchObject({ status: 503, code: 'upstream_unreachable' });
  expect(response.headers.get('retry-after')).toBe('5');
  await gateway.simulator.listenAgain();
});

it('plans but does not buy without a key', async () => {
  const keyless = await startTestGateway({ env: { OPENROUTER_API_KEY: '' } });
  try {
    expect((await keyless.request('/models')).status).toBe(200);
    expect((await keyless.post('/route', { ...CLIP, model: undefined })).status).toBe(200);
    expect((await keyless.post('/jobs', { ...CLIP, dry_run: true })).status).toBe(200);
    const problem = await readAs<ProblemAnswer>(await keyless.post('/jobs', CLIP));
    expect(problem).toMatchObject({ status: 503, code: 'upstream_key_missing' });
    expect(keyless.simulator.ledger()).toEqual([]);
  } finally {
    await keyless.close();
  }
});
