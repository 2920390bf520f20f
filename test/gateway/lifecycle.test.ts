// The lifecycle: in order up, in reverse down, and no part that misbehaves keeps another from being stopped.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLifecycle } from '../../src/gateway/lifecycle.ts';
import { createRecordedLog } from '../support/silent-log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const log = createRecordedLog();
  const seen: string[] = [];
  const lifecycle = createLifecycle({ log });
  const part = (name: string) => ({
    start: () => void seen.push(`+${name}`),
    stop: () => void seen.push(`-${name}`),
    stopMs: 1_000,
  });
  const warnings = () => log.lines.filter(({ level }) => level === 'warn').map(({ details }) => details);
  return { log, seen, lifecycle, part, warnings };
}

it('starts in order, waiting for each, and stops a phase in reverse', async () => {
  const { lifecycle, seen, part } = setUp();
  lifecycle.add('a', {
    ...part('a'),
    phase: 'base',
    start: async () => {
      await Promise.resolve();
      seen.push('+a');
    },
  });
  lifecycle.add('b', { ...part('b'), phase: 'work' });
  lifecycle.add('c', { ...part('c'), phase: 'base' });
  await lifecycle.start({ background: true });
  await lifecycle.stop('work');
  await lifecycle.stop('reads');
  await lifecycle.stop('base');
  expect(seen).toEqual(['+a', '+b', '+c', '-b', '-c', '-a']);
});

it('leaves background work out where it is asked to, and stops it all the same', async () => {
  const { lifecycle, seen, part } = setUp();
  lifecycle.add('poller', { ...part('poller'), phase: 'work', isBackground: true });
  lifecycle.add('cache', { ...part('cache'), phase: 'work' });
  await lifecycle.start({ background: false });
  await lifecycle.stop('work');
  expect(seen).toEqual(['+cache', '-cache', '-poller']);
});

it('stops all work at once: what takes long keeps nothing else going', async () => {
  const { lifecycle, seen, part } = setUp();
  lifecycle.add('quick', { ...part('quick'), phase: 'work' });
  let finish = () => {};
  lifecycle.add('slow', {
    phase: 'work',
    stop: () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
    stopMs: 60_000,
  });
  const stopped = lifecycle.stop('work');
  expect(seen).toEqual(['-quick']);
  finish();
  await stopped;
});

it.each([
  [
    'throws',
    () => {
      throw new Error('at once');
    },
  ],
  ['rejects', () => Promise.reject(new Error('later'))],
])('goes on where a stop %s', async (_how, stop) => {
  const { lifecycle, seen, part, warnings } = setUp();
  lifecycle.add('store', { ...part('store'), phase: 'base' });
  lifecycle.add('odd', { phase: 'base', stop, stopMs: 1_000 });
  await lifecycle.stop('base');
  expect(seen).toEqual(['-store']);
  expect(warnings()).toMatchObject([{ part: 'odd', err: expect.any(Error) }]);
});

it('goes on where a stop takes longer than it may, each by a limit of its own', async () => {
  const { lifecycle, seen, part, warnings } = setUp();
  lifecycle.add('store', { ...part('store'), phase: 'base' });
  lifecycle.add('hanging', { phase: 'base', stop: () => new Promise(() => {}), stopMs: 2_000 });
  const stopped = lifecycle.stop('base');
  await vi.advanceTimersByTimeAsync(1_999);
  expect(seen).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await stopped;
  expect(seen).toEqual(['-store']);
  expect(warnings()).toEqual([{ part: 'hanging', limit_ms: 2_000 }]);
});

it('writes a line for each part that stopped, and leaves no timer behind', async () => {
  const { lifecycle, log, part } = setUp();
  lifecycle.add('a', { ...part('a'), phase: 'base' });
  await lifecycle.stop('base');
  expect(log.lines).toEqual([{ level: 'debug', message: 'stopped', details: { part: 'a' } }]);
  expect(vi.getTimerCount()).toBe(0);
});

it('says which start failed by throwing what it threw, and starts nothing after it', async () => {
  const { lifecycle, seen, part } = setUp();
  lifecycle.add('bad', {
    ...part('bad'),
    phase: 'base',
    start: () => Promise.reject(new Error('no folder')),
  });
  lifecycle.add('next', { ...part('next'), phase: 'base' });
  await expect(lifecycle.start({ background: true })).rejects.toThrow('no folder');
  expect(seen).toEqual([]);
});
