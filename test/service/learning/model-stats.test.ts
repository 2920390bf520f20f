// Telemetry learns at once, remembers across restarts, hears of its replicas, and never stands in a job's way.

import { afterEach, describe, expect, it } from 'vitest';
import type { Job } from '../../../src/core/job/job.ts';
import { OBSERVATIONS_PER_MODEL } from '../../../src/core/learning/learn-model.ts';
import { createModelStats } from '../../../src/service/learning/model-stats.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { storedJob } from '../../support/job.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const START = Date.UTC(2026, 10, 1);
const DAY = 24 * 60 * 60 * 1000;

let store: JobStore | undefined;
afterEach(() => store?.close());

async function setUp() {
  let now = START;
  const opened = await openSqliteStore({ file: ':memory:', clock: () => now });
  store = opened;
  const log = createRecordedLog();
  const create = (over: Partial<JobStore> = {}) =>
    createModelStats({ store: { ...opened, ...over }, clock: () => now, log });
  return {
    log,
    create,
    telemetry: create(),
    pass: (ms: number) => {
      now += ms;
    },
    endedJob: (id: string, changes: Partial<Job> = {}) =>
      storedJob({
        id,
        status: 'completed',
        model: 'a/b',
        request: { model: 'a/b', duration: 4 },
        createdAt: now - 60_000,
        updatedAt: now,
        submittedAt: now - 60_000,
        finishedAt: now,
        expectedMs: null,
        estimatedMicroUsd: 100_000,
        ceilingMicroUsd: 100_000,
        listMicroUsd: 100_000,
        actualMicroUsd: 40_000,
        isByok: false,
        upstreamId: id,
        outputCount: 1,
        polls: 2,
        ...changes,
      }),
  };
}

describe('telemetry', () => {
  it('knows at once what a job has taught, and the same value until the next', async () => {
    const t = await setUp();
    expect(t.telemetry.knowledge('studio').size).toBe(0);
    await t.telemetry.record(t.endedJob('job_1'));
    await t.telemetry.record(t.endedJob('job_2'));
    const known = t.telemetry.knowledge('studio');
    expect(known.get('a/b')?.ratio).toMatchObject({ value: 0.4, samples: 2 });
    expect(t.telemetry.knowledge('studio')).toBe(known);
  });

  it('counts a job once, however often it ends', async () => {
    const t = await setUp();
    for (let i = 0; i < 3; i += 1) await t.telemetry.record(t.endedJob('job_1'));
    await t.telemetry.refresh();
    expect(t.telemetry.knowledge('studio').get('a/b')?.ratio).toMatchObject({ value: 1, samples: 1 });
  });

  it('learns nothing from a job that goes on', async () => {
    const t = await setUp();
    await t.telemetry.record(t.endedJob('job_1', { status: 'pending', finishedAt: null }));
    expect(t.telemetry.knowledge('studio').size).toBe(0);
  });

  it('knows after a restart what it knew before', async () => {
    const t = await setUp();
    for (let i = 0; i < 5; i += 1) await t.telemetry.record(t.endedJob(`job_${i}`));
    const known = t.telemetry.knowledge('studio');
    const restarted = t.create();
    await restarted.start();
    expect(restarted.knowledge('studio')).toEqual(known);
    await restarted.stop();
  });

  it('hears what others on its store have observed, also of jobs that ended a little before its last look', async () => {
    const t = await setUp();
    const other = t.create();
    await t.telemetry.refresh();
    const late = t.endedJob('job_1');
    t.pass(DAY);
    await other.record(t.endedJob('job_2'));
    await t.telemetry.refresh();
    expect(t.telemetry.knowledge('studio').get('a/b')?.ratio.samples).toBe(1);
    t.pass(60_000);
    await other.record({
      ...late,
      id: 'job_3',
      finishedAt: START + DAY - 60_000,
      updatedAt: START + DAY - 60_000,
    });
    await t.telemetry.refresh();
    expect(t.telemetry.knowledge('studio').get('a/b')?.ratio.samples).toBe(2);
  });

  it('holds no more than it learns from', async () => {
    const t = await setUp();
    for (let i = 0; i < OBSERVATIONS_PER_MODEL + 20; i += 1) {
      t.pass(1000);
      await t.telemetry.record(t.endedJob(`job_${i}`, { status: 'failed' }));
    }
    expect(t.telemetry.knowledge('studio').get('a/b')?.success.samples).toBe(OBSERVATIONS_PER_MODEL);
  });

  it('forgets in time what nothing has confirmed', async () => {
    const t = await setUp();
    for (let i = 0; i < 3; i += 1) await t.telemetry.record(t.endedJob(`job_${i}`));
    expect(t.telemetry.knowledge('studio').get('a/b')?.ratio.value).toBe(0.4);
    t.pass(60 * DAY);
    expect(t.telemetry.knowledge('studio').get('a/b')?.ratio.value).toBe(1);
  });

  it('learns although nothing can be kept, and starts although nothing can be read', async () => {
    const t = await setUp();
    const down = () => Promise.reject(new Error('the store is down'));
    const telemetry = t.create({ saveObservation: down, listObservations: down });
    await telemetry.start();
    await telemetry.record(t.endedJob('job_1'));
    expect(telemetry.knowledge('studio').get('a/b')?.ratio.samples).toBe(1);
    await telemetry.stop();
    expect(t.log.lines.map(({ level }) => level)).toContain('warn');
  });
});
