// Places are taken in turns: one client's queue does not stand before another's task.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFairLimit } from '../../../src/service/runtime/fair-limit.ts';

const never = new AbortController().signal;
const settle = () => new Promise((resolve) => setImmediate(resolve));

function track(limits: { total: number; perClient: number }) {
  const limit = createFairLimit(limits);
  const running: { name: string; end: () => void }[] = [];
  const add = (client: string, name: string, signal = never) =>
    limit.run(client, signal, () => new Promise<void>((end) => running.push({ name, end })));
  const names = () => running.map(({ name }) => name);
  const finish = async (name: string) => {
    const [one] = running.splice(names().indexOf(name), 1);
    one?.end();
    await settle();
  };
  return { add, names, finish };
}

it('lets the second client in before the rest of the first', async () => {
  const { add, names, finish } = track({ total: 3, perClient: 2 });
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void add('a', name);
  for (const name of ['b1', 'b2']) void add('b', name);
  await settle();
  expect(names()).toEqual(['a1', 'a2', 'b1']);
  await finish('a1');
  expect(names()).toEqual(['a2', 'b1', 'a3']);
  await finish('a2');
  expect(names()).toEqual(['b1', 'a3', 'b2']);
});

it('forgets who gave up waiting, and frees the place of what failed', async () => {
  const { add, names, finish } = track({ total: 1, perClient: 1 });
  const giving = new AbortController();
  void add('a', 'a1');
  const given = add('b', 'b1', giving.signal);
  void add('c', 'c1');
  giving.abort(new Error('too late'));
  await expect(given).rejects.toThrow('too late');
  await finish('a1');
  expect(names()).toEqual(['c1']);

  const limit = createFairLimit({ total: 1, perClient: 1 });
  await expect(limit.run('a', never, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await limit.run('a', never, async () => 1)).toBe(1);
});

it('never runs more than the limits, and runs everything', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 30 }), async (clients) => {
      const limit = createFairLimit({ total: 4, perClient: 2 });
      const now = new Map<number, number>();
      let most = 0;
      const results = clients.map((client) =>
        limit.run(String(client), never, async () => {
          now.set(client, (now.get(client) ?? 0) + 1);
          most = Math.max(
            most,
            [...now.values()].reduce((sum, one) => sum + one, 0),
          );
          expect(now.get(client)).toBeLessThanOrEqual(2);
          await settle();
          now.set(client, (now.get(client) ?? 0) - 1);
        }),
      );
      await Promise.all(results);
      expect(most).toBeLessThanOrEqual(4);
    }),
    { numRuns: 50 },
  );
});
