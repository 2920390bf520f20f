// One piece of work of each client in one round of the event loop, whatever one client has waiting.

import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createTurns, drainInTurns } from '../../../src/http/input/turns.ts';

const round = () => new Promise((resolve) => setImmediate(resolve));

it('gives each client one turn a round, first come, first served', async () => {
  const turns = createTurns();
  const done: string[] = [];
  const take = (client: string, name: string) => turns.take(client, () => done.push(name));
  for (const name of ['a1', 'a2', 'a3']) take('a', name);
  expect(done).toEqual(['a1']);
  take('b', 'b1');
  expect(done).toEqual(['a1', 'b1']);
  take('b', 'b2');
  await round();
  expect(done).toEqual(['a1', 'b1', 'a2', 'b2']);
  await round();
  expect(done).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  await round();
  await round();
  take('a', 'a4');
  expect(done.at(-1)).toBe('a4');
});

it('lets the work of a turn ask for the next one', async () => {
  const turns = createTurns();
  let count = 0;
  const work = () => {
    count += 1;
    turns.take('a', work);
  };
  work();
  expect(count).toBe(2);
  await round();
  expect(count).toBe(3);
  await round();
  expect(count).toBe(4);
});

it('throws away one piece of all bodies of a client a turn', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const turns = createTurns();
  let taken = 0;
  for (let bodies = 0; bodies < 3; bodies++) {
    const body = new PassThrough({ highWaterMark: 10 }).pause();
    for (let piece = 0; piece < 5; piece++) body.write(Buffer.alloc(10));
    drainInTurns(
      body.on('data', () => {
        taken += 1;
      }),
      turns,
      'a',
    );
  }
  await round();
  // The first piece of each, and the next one of the first, which has had no turn yet.
  const begun = taken;
  expect(begun).toBeLessThanOrEqual(4);
  for (let turn = 1; taken < 15; turn++) {
    vi.advanceTimersToNextTimer();
    await round();
    expect(taken).toBeLessThanOrEqual(begun + turn);
  }
});
