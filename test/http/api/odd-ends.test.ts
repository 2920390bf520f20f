// What upstream has been seen to say of a job in place of what it documents: ends are ends, and the clip is the clip.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { archived, buy, CLIP, follow } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const buyWith = (...markers: string[]) =>
  buy(gateway, { ...CLIP, prompt: `x ${markers.map((marker) => `[sim:${marker}]`).join(' ')}` });

it.each(['COMPLETED', 'succeeded'])('ends as completed on %s, with its bill and its clip', async (word) => {
  const { id } = await archived(gateway, (await buyWith(`spelling status=${word}`)).id);
  const job = await follow(gateway, id);
  expect(job).toMatchObject({ status: 'completed', cost: { actual_usd: 0.12 }, error: null });
});

it.each<[string, string, string]>([
  ['cancel', 'canceled', 'cancelled'],
  ['fail', 'error', 'failed'],
  ['fail', 'rejected', 'failed'],
])('ends on %s, spelled %s, as %s', async (fault, word, status) => {
  const { id } = await buyWith(`${fault} message=flagged`, `spelling status=${word}`);
  expect(await follow(gateway, id)).toMatchObject({ status, error: { message: 'flagged' } });
});

it.each([
  ['object', 'flagged'],
  ['nested', 'flagged'],
  ['empty', 'no reason given'],
])('says why a job failed where the reason is %s', async (as, reason) => {
  const { id } = await buyWith('fail message=flagged', `error_shape as=${as}`);
  expect((await follow(gateway, id)).error?.message).toContain(reason);
});

it('keeps a clip once it is one, and sends the key nowhere else', async () => {
  const { id } = await buyWith('wrong_body body=json for_s=1', 'signed_urls');
  const { outputs } = await archived(gateway, id);
  const response = await gateway.request(outputs[0]?.url ?? '');
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(bytes.toString('latin1', 4, 8)).toBe('ftyp');
  expect(gateway.logLines.filter((line) => line.includes('"clip_implausible"'))).toHaveLength(1);
});
