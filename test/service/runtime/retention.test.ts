// What is dead goes in batches: soon again while there is more, then rarely, and only what nobody reads any more.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobObservation } from '../../../src/core/learning/observation.ts';
import { createModelStats } from '../../../src/service/learning/model-stats.ts';
import { createRetention } from '../../../src/service/runtime/retention.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createIntent } from '../../store/contract/store-under-test.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const DAY_MS = 24 * 60 * 60_000;
let now: number;
let store: JobStore;
beforeEach(async () => {
  now = 1_763_000_000_000;
  store = await openSqliteStore({ file: ':memory:', clock: () => now });
});
afterEach(() => store.close());

const start = () => createRetention({ store, clock: () => now, random: () => 0, log: createRecordedLog() });

it('comes back soon while there is more, and in an hour once there is none', async () => {
  await Promise.all(
    Array.from({ length: 250 }, (_, index) =>
      store.createJob(createIntent({ idempotency: { key: `k${index}`, bodyHash: 'b' } }), 'a', 1_000),
    ),
  );
  const purger = start();
  expect(await purger.tick()).toBe(3_600_000);
  now += 91 * DAY_MS;
  expect(await purger.tick()).toBe(500);
  expect(await purger.tick()).toBe(500);
  expect(await purger.tick()).toBe(3_600_000);
  expect(await store.purgeKeys(1)).toBe(0);
});

it('takes no observation that a gateway would still learn from', async () => {
  const seen = (jobId: string, ageDays: number): JobObservation => ({
    jobId,
    model: 'a/b',
    status: 'completed',
    endedAt: now - ageDays * DAY_MS,
    tookMs: 1_000,
    durationS: 4,
    resolution: null,
    sound: null,
    listMicroUsd: null,
    billedMicroUsd: null,
    isByok: null,
    clientId: null,
    priceKind: null,
  });
  await store.saveObservation(seen('job_old', 92));
  await store.saveObservation(seen('job_young', 89));
  const learned = async () => {
    const telemetry = createModelStats({ store, clock: () => now, log: createRecordedLog() });
    await telemetry.refresh();
    return telemetry.knowledge(null);
  };
  const before = await learned();
  await start().tick();
  expect(await learned()).toEqual(before);
  expect((await store.listObservations(0, 10)).map(({ jobId }) => jobId)).toEqual(['job_young']);
});
