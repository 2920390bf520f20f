// The contract on observations: one per job, the first word stands, the newest of each model are read.

import { expect, it } from 'vitest';
import type { JobObservation } from '../../../src/core/learning/observation.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const seen = (jobId: string, overrides: Partial<JobObservation> = {}): JobObservation => ({
  jobId,
  model: 'google/veo-3.1-lite',
  status: 'completed',
  endedAt: 1_763_000_000_000,
  tookMs: 41_250,
  durationS: 4,
  resolution: '720p',
  sound: false,
  listMicroUsd: 120_000,
  billedMicroUsd: 48_000,
  isByok: false,
  clientId: 'studio',
  priceKind: '[false,[]]',
  ...overrides,
});

export function describeObservations(current: () => StoreUnderTest): void {
  it('keeps every field, the unknown ones as unknown', async () => {
    const { store } = current();
    const full = seen('job_1', { sound: true, isByok: true });
    const empty = seen('job_2', {
      model: 'a/b',
      status: 'expired',
      tookMs: null,
      durationS: null,
      resolution: null,
      sound: null,
      listMicroUsd: null,
      billedMicroUsd: null,
      isByok: null,
      clientId: null,
      priceKind: null,
    });
    await store.saveObservation(full);
    await store.saveObservation(empty);
    const all = await store.listObservations(0, 10);
    expect(all.sort((a, b) => a.jobId.localeCompare(b.jobId))).toEqual([full, empty]);
  });

  it('takes the first word on a job, however often it is told', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    await store.saveObservation(seen('job_1'));
    await Promise.all([
      store.saveObservation(seen('job_1', { billedMicroUsd: 1 })),
      replica.saveObservation(seen('job_1', { endedAt: 1 })),
    ]);
    expect(await store.listObservations(0, 10)).toEqual([seen('job_1')]);
  });

  it('reads the newest of each model, and none that ended before', async () => {
    const { store } = current();
    for (let i = 1; i <= 4; i += 1) {
      await store.saveObservation(seen(`job_a${i}`, { model: 'a/a', endedAt: i }));
      await store.saveObservation(seen(`job_b${i}`, { model: 'b/b', endedAt: 10 * i }));
    }
    // Ended together: the later id counts as newer.
    await store.saveObservation(seen('job_a5', { model: 'a/a', endedAt: 4 }));
    const idsOf = async (since: number, perModel: number) => {
      const found = await store.listObservations(since, perModel);
      return Object.fromEntries(
        ['a/a', 'b/b'].map((model) => [
          model,
          found.filter((one) => one.model === model).map(({ jobId }) => jobId),
        ]),
      );
    };
    expect(await idsOf(0, 2)).toEqual({ 'a/a': ['job_a5', 'job_a4'], 'b/b': ['job_b4', 'job_b3'] });
    expect(await idsOf(4, 9)).toEqual({
      'a/a': ['job_a5', 'job_a4'],
      'b/b': ['job_b4', 'job_b3', 'job_b2', 'job_b1'],
    });
    expect(await idsOf(5, 9)).toMatchObject({ 'a/a': [] });
    expect(await idsOf(41, 9)).toEqual({ 'a/a': [], 'b/b': [] });
  });
}
