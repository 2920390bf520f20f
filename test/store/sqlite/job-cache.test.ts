// The job cache: never an old job after its change was announced, never one client's job to another.

import { expect, it } from 'vitest';
import type { Job } from '../../../src/core/job/job.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { createJobCache } from '../../../src/store/sqlite/job-cache.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createClaim, LEASE_MS } from '../contract/store-under-test.ts';

const openStore = () => openSqliteStore({ file: ':memory:', clock: () => 1_763_000_000_000 });

async function createJob(): Promise<Job> {
  const store = await openStore();
  const { job } = await createClaim(store);
  await store.close();
  return job;
}

it('asks the database once for a job that does not change, and keeps clients apart', async () => {
  const job = await createJob();
  let asked = 0;
  const getJob = createJobCache().wrap(async (_id, clientId) => {
    asked += 1;
    return clientId === job.clientId ? job : null;
  });
  expect(await getJob(job.id, 'agency')).toBeNull();
  expect(await getJob(job.id, 'studio')).toBe(job);
  expect(await getJob(job.id, 'studio')).toBe(job);
  expect(await getJob(job.id, 'agency')).toBeNull();
  expect(asked).toBe(2);
});

it('does not keep what a change overtook while it was read', async () => {
  const old = await createJob();
  const changed: Job = { ...old, version: 2 };
  const cache = createJobCache();
  const answers: ((job: Job) => void)[] = [];
  const slow: JobStore['getJob'] = () => new Promise((resolve) => answers.push(resolve));
  const getJob = cache.wrap(slow);

  const early = getJob(old.id, 'studio');
  cache.forget([old.id]);
  answers[0]?.(old);
  await early;
  const late = getJob(old.id, 'studio');
  answers[1]?.(changed);
  expect(await late).toEqual(changed);
});

it('shows every step of a job to those who read it in between', async () => {
  const store = await openStore();
  const { job, lease } = await createClaim(store);
  for (let version = 2; version < 30; version += 1) {
    const [, saved] = await Promise.all([
      store.getJob(job.id, 'studio'),
      store.saveStep(lease, { submitAttempts: version }, { keep: true, leaseMs: LEASE_MS }),
      store.getJob(job.id, 'studio'),
    ]);
    expect(await store.getJob(job.id, 'studio')).toEqual(saved);
    expect(saved).toMatchObject({ version });
  }
  await store.close();
});
