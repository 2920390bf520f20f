// Clips and requests past their time go in batches, oldest first; what cannot be removed is tried again.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { createErasure } from '../../../src/service/clips/erasure.ts';
import { createExpiry, type ExpiryLimits, planExpiry } from '../../../src/service/clips/expiry.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createIdleJob } from '../../store/contract/store-under-test.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const DAY_MS = 24 * 60 * 60_000;
const KEPT: ExpiryLimits = { clipMs: null, requestMs: null, maxBytes: null };
let now: number;
let store: JobStore;
let files: Map<string, number>;
/** Files that the storage does not give up. */
let stuck: Set<string>;
beforeEach(async () => {
  now = 1_763_000_000_000;
  files = new Map();
  stuck = new Set();
  store = await openSqliteStore({ file: ':memory:', clock: () => now });
});
afterEach(() => store.close());

async function addClip(bytes: number): Promise<string> {
  const jobId = await createIdleJob(store, 'completed', {}, { outputCount: 1 });
  const file = `${jobId}-0.mp4`;
  await store.saveOutput({ jobId, index: 0, file, bytes, sha256: 'ab', contentType: 'video/mp4' });
  files.set(file, bytes);
  now += 1_000;
  return jobId;
}

function start(limits: Partial<ExpiryLimits>) {
  const log = createRecordedLog();
  const storage = {
    remove: async (key: string) => {
      if (stuck.has(key)) throw new Error('the bucket is away');
      files.delete(key);
    },
  };
  const erasure = createErasure({ store, storage, log });
  return createExpiry({ store, erasure, clock: () => now, random: () => 0, log }, { ...KEPT, ...limits });
}

it('keeps everything where nothing is set', async () => {
  await addClip(10);
  now += 10_000 * DAY_MS;
  expect(await start({}).tick()).toBe(3_600_000);
  expect(files.size).toBe(1);
  expect(await store.listOldestBodies(now, 9)).toHaveLength(1);
});

it('removes clips by age, in batches, and no younger one', async () => {
  for (let index = 0; index < 45; index++) await addClip(10);
  now += 30 * DAY_MS;
  const young = await addClip(10);
  const expiry = start({ clipMs: 30 * DAY_MS });
  // The last one ended a second too late.
  now -= 1_000;
  expect([await expiry.tick(), files.size]).toEqual([500, 26]);
  expect([await expiry.tick(), files.size]).toEqual([500, 6]);
  expect([await expiry.tick(), files.size]).toEqual([3_600_000, 1]);
  expect([...files.keys()]).toEqual([`${young}-0.mp4`]);
  expect(await store.archiveStats()).toMatchObject({ clips: 1, bytes: 10 });
});

it('removes the oldest clips until the rest has room', async () => {
  const jobs = [await addClip(50), await addClip(30), await addClip(20), await addClip(10)];
  const limits = { ...KEPT, maxBytes: 35 };
  const expiry = start(limits);
  const parts = { store, clock: () => now };
  expect(await planExpiry(parts, limits)).toEqual({
    begunClips: { jobs: 0, bytes: 0 },
    oldClips: { jobs: 0, bytes: 0 },
    // Whole clips: of 110 bytes 75 are too many.
    excessClips: { jobs: 2, bytes: 80 },
    oldRequests: 0,
  });
  expect(files.size).toBe(4);
  await expiry.tick();
  expect([...files.keys()]).toEqual([`${jobs[2]}-0.mp4`, `${jobs[3]}-0.mp4`]);
  expect(await expiry.tick()).toBe(3_600_000);
  expect(files.size).toBe(2);
});

it('erases requests by age and says before what it would do', async () => {
  const job = await addClip(10);
  now += 90 * DAY_MS;
  const limits = { clipMs: 30 * DAY_MS, requestMs: 60 * DAY_MS, maxBytes: 5 };
  expect(await planExpiry({ store, clock: () => now }, limits)).toEqual({
    begunClips: { jobs: 0, bytes: 0 },
    oldClips: { jobs: 1, bytes: 10 },
    excessClips: { jobs: 0, bytes: 0 },
    oldRequests: 1,
  });
  expect((await store.findJob(job))?.request).toHaveProperty('prompt');
  await start(limits).tick();
  expect((await store.findJob(job))?.request).not.toHaveProperty('prompt');
  expect((await store.findJob(job))?.estimatedMicroUsd).toBe(120_000);
});

it('tries again what the storage did not give up, and lets it keep no other', async () => {
  const first = await addClip(10);
  await addClip(10);
  stuck.add(`${first}-0.mp4`);
  now += 2 * DAY_MS;
  const expiry = start({ clipMs: DAY_MS });
  await expiry.tick();
  expect([...files.keys()]).toEqual([`${first}-0.mp4`]);
  expect(await store.listClipRemovals(9)).toEqual([first]);
  stuck.clear();
  await expiry.tick();
  expect(files.size).toBe(0);
  expect(await store.listClipRemovals(9)).toEqual([]);
});

it('removes no younger clips for room while the storage holds on to the oldest', async () => {
  const jobs = [await addClip(50), await addClip(30), await addClip(20), await addClip(10)];
  stuck.add(`${jobs[0]}-0.mp4`);
  const limits = { ...KEPT, maxBytes: 60 };
  const expiry = start(limits);
  for (let n = 0; n < 5; n++) await expiry.tick();
  const parts = { store, clock: () => now };
  expect(await planExpiry(parts, limits)).toMatchObject({
    begunClips: { jobs: 1, bytes: 50 },
    excessClips: { jobs: 0, bytes: 0 },
  });
  for (const job of jobs.slice(1)) expect((await store.findJob(job ?? ''))?.clipsRemovedAt).toBeNull();
  stuck.clear();
  await expiry.tick();
  expect([...files.values()]).toEqual([30, 20, 10]);
});

it('says before exactly what it does then, whatever the limits', async () => {
  const sizes = [70, 5, 40, 40, 1, 90, 15, 30, 25, 60, 10, 35];
  for (const clipDays of [null, 5, 9, 40])
    for (const maxBytes of [null, 0, 1, 120, 200, 1_000])
      for (const requestDays of [null, 3, 40]) {
        for (const size of sizes) {
          await addClip(size);
          now += DAY_MS;
        }
        const limits: ExpiryLimits = {
          clipMs: clipDays === null ? null : clipDays * DAY_MS,
          requestMs: requestDays === null ? null : requestDays * DAY_MS,
          maxBytes,
        };
        const parts = { store, clock: () => now };
        const plan = await planExpiry(parts, limits);
        const before = { files: files.size, bytes: (await store.archiveStats()).bytes };
        const requests = (await store.listOldestBodies(now, 1_000)).length;
        const expiry = start(limits);
        while ((await expiry.tick()) < 3_600_000);
        const about = JSON.stringify({ clipDays, maxBytes, requestDays });
        expect(before.files - files.size, about).toBe(plan.oldClips.jobs + plan.excessClips.jobs);
        expect(before.bytes - (await store.archiveStats()).bytes, about).toBe(
          plan.oldClips.bytes + plan.excessClips.bytes,
        );
        expect(requests - (await store.listOldestBodies(now, 1_000)).length, about).toBe(plan.oldRequests);
        expect(await planExpiry(parts, limits)).toEqual({
          begunClips: { jobs: 0, bytes: 0 },
          oldClips: { jobs: 0, bytes: 0 },
          excessClips: { jobs: 0, bytes: 0 },
          oldRequests: 0,
        });
      }
});
