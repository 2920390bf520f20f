// Answers to a submit that break off: the id that came is asked about, and the paid clip reaches its client.

import { afterEach, expect, it } from 'vitest';
import { buy } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

const statusOf = async (id: string) =>
  ((await (await gateway.request(`/jobs/${id}`)).json()) as { status: string }).status;

it('binds the id of an answer that was cut after it, once upstream confirms it', async () => {
  gateway = await startTestGateway({ background: false });
  gateway.simulator.addFault({ fault: 'cut', at: 60, count: 1 });
  const { id, status } = await buy(gateway);
  expect(status).toBe('submission_unknown');
  await gateway.gateway.webhooks.tick();
  await gateway.tick();
  expect(await statusOf(id)).toBe('completed');
  expect(gateway.simulator.ledger()).toHaveLength(1);
  expect(gateway.logLines.some((line) => line.includes('accepted_id_unconfirmed'))).toBe(true);
});

it('leaves a job unknown where the answer was cut before its id was whole', async () => {
  gateway = await startTestGateway({ background: false });
  gateway.simulator.addFault({ fault: 'cut', at: 30, count: 1 });
  const { id } = await buy(gateway);
  await gateway.gateway.webhooks.tick();
  expect(await statusOf(id)).toBe('submission_unknown');
});
