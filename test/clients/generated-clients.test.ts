// The clients that four generators make of the document, as the guide shows them: compiled strictly, run over a real gateway.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startValidatingProxy, type ValidatingProxy } from './prism.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const DOCUMENT = 'openapi/clipgate.json';
const PROGRAMS = ['openapi-fetch', 'hey-api', 'orval', 'zod'];

/** What the document does not have must not compile: an expected error that is none is one. */
const WRONG = `import createClient from 'openapi-fetch';
import type { paths } from './clipgate.ts';
import { planJob } from './hey-api/index.ts';
import { type ErrorCode, planJob as planByOrval } from './orval-client.ts';
import { createApiClient } from './zod-client.ts';

// @ts-expect-error a duration is a number
export const one = () => createClient<paths>().POST('/jobs/plan', { body: { duration: '4' } });
// @ts-expect-error a duration is a number
export const two = () => planJob({ body: { duration: '4' } });
// @ts-expect-error a duration is a number
export const three = () => planByOrval({ duration: '4' });
// @ts-expect-error a duration is a number
export const four = () => createApiClient('').planJob({ duration: '4' });
// @ts-expect-error no code has this name
export const five: ErrorCode = 'unkown_model';
`;

let gateway: TestGateway;
let workspace: Workspace;
beforeAll(async () => {
  gateway = await startTestGateway();
  workspace = await createWorkspace('typed-clients', 'docs/guides/typed-clients.md', {
    'clipgate.json': readFileSync(DOCUMENT, 'utf8'),
    'wrong.ts': WRONG,
  });
  await workspace.compile();
}, 120_000);
afterAll(() => gateway.close());

/** Plans, buys, waits, fetches, lists and erases one clip, and has an order refused. */
async function expectFlow(program: string, url: string): Promise<void> {
  const before = gateway.simulator.ledger().length;
  const lines = await workspace.runProgram(program, { CLIPGATE_URL: url, CLIPGATE_KEY: CLIENT_KEY });
  expect(lines).toEqual([
    expect.stringMatching(/^[\w-]+\/[\w.-]+: at most \d\.\d+ dollars$/),
    expect.stringMatching(/^completed, [1-5] listed$/),
    'refused: unknown_model',
  ]);
  expect(readFileSync(`${workspace.folder}/${program}.mp4`).toString('latin1', 4, 8)).toBe('ftyp');
  expect(gateway.simulator.ledger()).toHaveLength(before + 1);
  const { data } = (await (await gateway.request('/jobs?limit=1')).json()) as {
    data: { erased_at: string }[];
  };
  expect(data[0]?.erased_at).toEqual(expect.any(String));
}

it.each(PROGRAMS)('%s buys a clip, and gets a problem whose code has a type', async (program) => {
  await expectFlow(program, gateway.url);
});

describe('a validating proxy between client and gateway', () => {
  let proxy: ValidatingProxy;
  beforeAll(async () => {
    proxy = await startValidatingProxy(DOCUMENT, gateway.url);
  }, 60_000);
  afterAll(() => proxy.close());

  it.each(['openapi-fetch', 'hey-api'])('has nothing against the whole flow of %s', async (program) => {
    await expectFlow(program, proxy.url);
    expect(proxy.violations).toEqual([]);
  });

  it('sees what violates the document', async () => {
    await fetch(`${proxy.url}/jobs?limit=1000`, { headers: { authorization: `Bearer ${CLIENT_KEY}` } });
    await expect.poll(() => proxy.violations.length).toBeGreaterThan(0);
    expect(proxy.violations[0]).toMatch(/limit/);
  });
});
