// The worker: due work is claimed as far as there is room, and no client takes the slots of another.

import { expect, it } from 'vitest';
import { createWorker, type WorkerParts } from '../../../src/service/runtime/worker.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

interface Item {
  readonly id: number;
  readonly client: string;
}

/** A queue in memory that claims as the stores do; work runs until it is ended. */
function setUp(options: { concurrency: number; shared?: boolean; run?: (item: Item) => Promise<void> }) {
  let due: Item[] = [];
  let count = 0;
  const log = createRecordedLog();
  const ends = new Map<number, () => void>();
  const started: Item[] = [];
  const open = (except: readonly string[]) => due.filter(({ client }) => !except.includes(client));
  const parts: WorkerParts<Item> = {
    name: 'items',
    claim: async (limit, { perClient, exceptClients }) => {
      const taken = new Map<string, number>();
      const claims = open(exceptClients)
        .filter(({ client }) => {
          taken.set(client, (taken.get(client) ?? 0) + 1);
          return (taken.get(client) ?? 0) <= perClient;
        })
        .slice(0, limit);
      due = due.filter((item) => !claims.includes(item));
      return claims;
    },
    ...(options.shared === false ? {} : { clientOf: ({ client }: Item) => client }),
    run: (item) => {
      started.push(item);
      return options.run ? options.run(item) : new Promise((resolve) => void ends.set(item.id, resolve));
    },
    describe: ({ id }) => ({ item: id }),
    nextInMs: async (except) => (open(except).length > 0 ? 0 : null),
    log,
  };
  const worker = createWorker(parts, { concurrency: options.concurrency });
  return {
    worker,
    log,
    started,
    add: (client: string, times = 1) => {
      for (let i = 0; i < times; i++) due.push({ id: ++count, client });
    },
    of: (client: string) => started.filter((item) => item.client === client).length,
    endAll: () => {
      for (const end of ends.values()) end();
      ends.clear();
    },
  };
}

it('gives one client alone half of the slots, two a third each, and a new one a slot at once', async () => {
  const t = setUp({ concurrency: 12 });
  t.add('a', 100);
  for (let i = 0; i < 5; i++) await t.worker.tick();
  expect(t.of('a')).toBe(6);
  t.add('b', 100);
  for (let i = 0; i < 5; i++) await t.worker.tick();
  expect(t.of('b')).toBe(3);
  t.add('c');
  await t.worker.tick();
  expect(t.of('c')).toBe(1);
  t.endAll();
});

it('gives all slots to work that belongs to no client', async () => {
  const t = setUp({ concurrency: 12, shared: false });
  t.add('', 100);
  await t.worker.tick();
  expect(t.started).toHaveLength(12);
  expect(await t.worker.tick()).toMatchObject({ claimed: 0 });
  t.endAll();
});

it('counts what is in flight', async () => {
  const t = setUp({ concurrency: 2 });
  t.worker.start();
  expect(t.worker.stats()).toEqual({ inFlight: 0 });
  t.add('a', 3);
  t.worker.wake();
  await expect.poll(() => t.worker.stats().inFlight).toBe(1);
  // Each end makes room for the next, until nothing waits.
  await expect
    .poll(() => {
      t.endAll();
      return t.started.length;
    })
    .toBe(3);
  await expect.poll(() => t.worker.stats()).toEqual({ inFlight: 0 });
  await t.worker.stop();
});

it('logs work that failed by its name, and frees its slot', async () => {
  const t = setUp({ concurrency: 2, run: () => Promise.reject(new Error('odd')) });
  t.add('a', 2);
  await (await t.worker.tick()).settled;
  await (await t.worker.tick()).settled;
  expect(t.started).toHaveLength(2);
  expect(t.worker.stats().inFlight).toBe(0);
  expect(t.log.lines[0]).toMatchObject({
    level: 'error',
    message: 'a step of items failed',
    details: { item: 1, err: expect.any(Error) },
  });
});

it('stops when what is under way has ended, and claims nothing after that', async () => {
  const t = setUp({ concurrency: 2 });
  t.add('a', 2);
  t.worker.start();
  await expect.poll(() => t.worker.stats().inFlight).toBe(1);
  let stopped = false;
  const stopping = t.worker.stop().then(() => {
    stopped = true;
  });
  await new Promise(setImmediate);
  expect(stopped).toBe(false);
  t.endAll();
  await stopping;
  expect(t.started).toHaveLength(1);
});
