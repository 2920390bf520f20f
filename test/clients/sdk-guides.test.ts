// The programs of the faces' guides: compiled strictly, and run over a real gateway with the SDKs as they are.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { createWorkspace } from './workspace.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

it.each([
  ['openrouter-sdk', 'docs/guides/openrouter-api.md'],
  ['openai-sdk', 'docs/guides/openai-videos.md'],
])(
  '%s buys one clip and fetches it',
  async (program, guide) => {
    const bought = gateway.simulator.ledger().length;
    const workspace = await createWorkspace(program, guide, {});
    await workspace.compile();
    const env = { CLIPGATE_URL: gateway.url, CLIPGATE_KEY: CLIENT_KEY };
    expect(await workspace.runProgram(program, env)).toEqual(['completed']);
    expect(readFileSync(`${workspace.folder}/${program}.mp4`).toString('latin1', 4, 8)).toBe('ftyp');
    expect(gateway.simulator.ledger()).toHaveLength(bought + 1);
  },
  60_000,
);
