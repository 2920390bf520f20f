// The contract on bodies: kept once each, whole, and shown cut.

import { expect, it } from 'vitest';
import type { SubmitBody } from '../../../src/core/job/job.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createIntent, createJobIn, expectCreated, LEASE_MS } from './store-under-test.ts';

const KEEP = { keep: true, leaseMs: LEASE_MS } as const;
const HOUR_MS = 3_600_000;

/** With a picture that takes several parts, and text of which a part must not end in the middle of a character. */
const pictureBody = (model: string, seed = 1): SubmitBody => ({
  model,
  prompt: 'a fox «🦊»',
  seed,
  input_references: [
    { type: 'image_url', image_url: { url: `data:image/png;base64,${'QUJD'.repeat(400_000)}` } },
  ],
  provider: { options: { someone: { note: '🦊'.repeat(700_000) } } },
});

const SHOWN = {
  model: 'google/veo-3.1-lite',
  prompt: 'a fox «🦊»',
  input_references: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,[1200000 bytes]' } }],
};

const planned = (request: SubmitBody, nonce: string) => ({
  model: request.model,
  request,
  nonce,
  expectedMs: null,
  estimatedMicroUsd: null,
  listMicroUsd: null,
  highMicroUsd: 50_000,
});

export function describeBodies(current: () => StoreUnderTest): void {
  it('keeps a short request with its job', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'queued');
    expect(job.bodyHash).toBeNull();
    expect(await store.loadBody(job.id)).toEqual(job.request);
    await expect(store.loadBody('job_none')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('shows a request with pictures cut, and has it whole', async () => {
    const { store } = current();
    const request = pictureBody('google/veo-3.1-lite');
    const { job } = expectCreated(await store.createJob(createIntent({ request }), 'a', LEASE_MS));
    expect(job.request).toMatchObject(SHOWN);
    expect(JSON.stringify(job.request).length).toBeLessThan(1_000);
    expect(await store.findJob(job.id)).toEqual(job);
    expect(await store.loadBody(job.id)).toEqual(request);
  });

  it('keeps the same body once, and never takes one for another', async () => {
    const { store } = current();
    const make = async (request: SubmitBody) =>
      expectCreated(await store.createJob(createIntent({ request }), 'a', LEASE_MS)).job;
    const [one, same, other] = await Promise.all([
      make(pictureBody('google/veo-3.1-lite')),
      make(pictureBody('google/veo-3.1-lite')),
      make(pictureBody('google/veo-3.1-lite', 2)),
    ]);
    expect(same?.bodyHash).toBe(one?.bodyHash);
    expect(other?.bodyHash).not.toBe(one?.bodyHash);
    expect(await store.loadBody(same?.id ?? '')).toEqual(pictureBody('google/veo-3.1-lite'));
    expect(await store.loadBody(other?.id ?? '')).toEqual(pictureBody('google/veo-3.1-lite', 2));
  });

  it('keeps the body of every candidate as what differs, and turns to it whole', async () => {
    const { store } = current();
    const first = pictureBody('google/veo-3.1-lite');
    const { seed: _, ...unseeded } = first;
    const second = { ...unseeded, model: 'b/two', resolution: '1080P' };
    const intent = createIntent({
      request: first,
      fallback: {
        maxAttempts: 2,
        maxTotalMicroUsd: 1_000_000,
        highMicroUsd: 1,
        others: [planned(second, 'b'.repeat(32))],
      },
    });
    const { job, lease } = expectCreated(await store.createJob(intent, 'a', LEASE_MS));
    await store.saveStep(lease, { status: 'submitting' }, KEEP);
    const next = await store.beginAttempt(lease, { status: 'rejected' }, 2, KEEP);
    expect(next).toMatchObject({ model: 'b/two', bodyHash: job.bodyHash });
    expect(next?.request).toMatchObject({ ...SHOWN, model: 'b/two', resolution: '1080P' });
    expect(next?.request).not.toHaveProperty('seed');
    expect(await store.loadBody(job.id)).toEqual(second);
  });

  it('removes only bodies that no job has had for an hour', async () => {
    const { store, passTime } = current();
    const taken = createIntent({ idempotency: { key: 'k', bodyHash: 'h' } });
    expectCreated(await store.createJob(taken, 'a', LEASE_MS));
    // Written before its key was found to be taken: no job has it.
    const refused = createIntent({
      request: pictureBody('google/veo-3.1-lite', 3),
      idempotency: { key: 'k', bodyHash: 'other' },
    });
    expect((await store.createJob(refused, 'a', LEASE_MS)).kind).toBe('key_reused');
    const request = pictureBody('google/veo-3.1-lite');
    const { job } = expectCreated(await store.createJob(createIntent({ request }), 'a', LEASE_MS));
    expect(await store.purgeBodies(10)).toBe(0);
    await passTime(HOUR_MS + 1_000);
    expect(await store.purgeBodies(10)).toBe(1);
    expect(await store.purgeBodies(10)).toBe(0);
    expect(await store.loadBody(job.id)).toEqual(request);
  });

  it('keeps a body that was written for a job that came to nothing and is used by another', async () => {
    const { store, passTime } = current();
    const request = pictureBody('google/veo-3.1-lite');
    const { job } = expectCreated(await store.createJob(createIntent({ request }), 'a', LEASE_MS));
    expectCreated(
      await store.createJob(createIntent({ idempotency: { key: 'k', bodyHash: 'h' } }), 'a', LEASE_MS),
    );
    const refused = createIntent({ request, idempotency: { key: 'k', bodyHash: 'other' } });
    expect((await store.createJob(refused, 'a', LEASE_MS)).kind).toBe('key_reused');
    await passTime(HOUR_MS + 1_000);
    expect(await store.purgeBodies(10)).toBe(0);
    expect(await store.loadBody(job.id)).toEqual(request);
  });
}
