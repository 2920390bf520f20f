// How faults are asked for and drawn: matches, counts, probabilities from the seed, and the operations that list them.
import { expect, test } from 'vitest';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';

test('a rule strikes what it matches, as often as it says', async () => {
  const simulator = await openSimulator();
  const rule = { fault: 'error', status: 503, count: 2, match: { model: grokClip.model, prompt: 'boat' } };
  const added = await send(simulator, '/_sim/faults', rule);
  expect(added).toMatchObject({ status: 200, body: { id: 1, struck: 0 } });
  const submit = async (request: object) => (await send(simulator, '/videos', request)).status;
  expect(await submit({ ...grokClip, prompt: 'a train' })).toBe(202);
  expect(await submit({ ...grokClip, model: 'x-ai/grok-imagine-video-1.5' })).toBe(202);
  expect([await submit(grokClip), await submit(grokClip), await submit(grokClip)]).toEqual([503, 503, 202]);
  expect((await call(simulator, '/_sim/faults')).body).toMatchObject({ data: [{ id: 1, struck: 2 }] });
});

test('a submit that is refused as invalid does not use up a fault of accepted ones', async () => {
  const simulator = await openSimulator();
  simulator.addFault({ fault: 'error', status: 503, when: 'after', count: 1 });
  expect((await send(simulator, '/videos', { ...grokClip, duration: 99 })).status).toBe(400);
  expect((await send(simulator, '/videos', grokClip)).status).toBe(503);
});

test('match by job strikes one job', async () => {
  const simulator = await openSimulator();
  const [spared, struck] = [await buyClip(simulator), await buyClip(simulator)];
  simulator.addFault({ fault: 'error', on: 'poll', status: 500, match: { job_id: struck } });
  expect((await call(simulator, `/videos/${struck}`)).status).toBe(500);
  expect((await call(simulator, `/videos/${spared}`)).status).toBe(200);
});

test('probability comes from the seed: the same seed, the same victims', async () => {
  const run = async (seed: number) => {
    const simulator = await openSimulator({ seed });
    simulator.addFault({ fault: 'error', status: 500, probability: 0.5 });
    const statuses = [];
    for (let n = 0; n < 24; n++) statuses.push((await send(simulator, '/videos', grokClip)).status);
    return statuses;
  };
  const first = await run(1);
  expect(await run(1)).toEqual(first);
  expect(await run(2)).not.toEqual(first);
  expect(new Set(first)).toEqual(new Set([202, 500]));
});

test('faults can be taken back, one or all', async () => {
  const simulator = await openSimulator();
  const takeBack = simulator.addFault({ fault: 'error', status: 500 });
  takeBack();
  await buyClip(simulator);
  await send(simulator, '/_sim/faults', { fault: 'error', status: 500 });
  expect((await call(simulator, '/_sim/faults/2', { method: 'DELETE' })).status).toBe(204);
  expect(await call(simulator, '/_sim/faults/2', { method: 'DELETE' })).toMatchObject({
    status: 404,
    body: { message: 'no fault has the id 2' },
  });
  await send(simulator, '/_sim/faults', { fault: 'error', status: 500 });
  expect((await call(simulator, '/_sim/faults', { method: 'DELETE' })).status).toBe(204);
  await buyClip(simulator);
});

test.each([
  [{ fault: 'explode' }, 'Invalid'],
  [{ fault: 'error' }, 'status'],
  [{ fault: 'fail', on: 'poll' }, 'on'],
  [{ fault: 'error', status: 503, probability: 2 }, 'probability'],
  ['not an object', 'Invalid'],
])('a fault that makes no sense is refused: %j', async (fault, message) => {
  const simulator = await openSimulator();
  const answer = await send(simulator, '/_sim/faults', fault);
  expect(answer.status).toBe(400);
  expect((answer.body as { message: string }).message).toContain(message);
});
