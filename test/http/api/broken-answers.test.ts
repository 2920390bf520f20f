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
  await (await gateway.gateway.webhooks.tick()).settled;
  await gateway.tick();
  expect(await statusOf(id)).toBe('completed');
  expect(gateway.simulator.ledger()).toHaveLength(1);
  expect(gateway.logLines.some((line) => line.includes('accepted_id_unconfirmed'))).toBe(true);
});

it.each(['gzip', 'bom', 'list', 'then_reset'] as const)(
  'takes a whole answer for what it is, although it is odd: %s',
  async (as) => {
    gateway = await startTestGateway({ background: false });
    gateway.simulator.addFault({ fault: 'odd_answer', as, count: 1 });
    expect(await buy(gateway)).toMatchObject({ status: 'pending' });
    expect(gateway.simulator.ledger()).toHaveLength(1);
  },
);

it('binds the id of an answer that is too large to be read whole', async () => {
  gateway = await startTestGateway({ background: false });
  gateway.simulator.addFault({ fault: 'odd_answer', as: 'large', count: 1 });
  const { id } = await buy(gateway);
  await (await gateway.gateway.webhooks.tick()).settled;
  await gateway.tick();
  expect(await statusOf(id)).toBe('completed');
});

it('leaves a job unknown where the answer was cut before its id was whole', async () => {
  gateway = await startTestGateway({ background: false });
  gateway.simulator.addFault({ fault: 'cut', at: 30, count: 1 });
  const { id } = await buy(gateway);
  await (await gateway.gateway.webhooks.tick()).settled;
  expect(await statusOf(id)).toBe('submission_unknown');
});
