// The named moments of a job's life at which a process can be made to die or to stand still: all of them outside src.

import { channel } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobChange } from '../src/core/job/job.ts';
import type { JobStore } from '../src/store/ports/job-store.ts';

/** One on each side of every commit, and those between a submit's first byte and its answer. */
export const FAILPOINTS = [
  'create.before',
  'create.after',
  'claim.after',
  'submitting.before',
  'submitting.after',
  'submit.headers-sent',
  'submit.body-sent',
  'submit.answered',
  'accepted.before',
  'accepted.after',
  'unknown.before',
  'unknown.after',
  'rejected.before',
  'rejected.after',
  'bind.before',
  'bind.after',
  'poll.before',
  'poll.after',
  'ended.before',
  'ended.after',
  'archive.rename.before',
  'archive.rename.after',
  'output.before',
  'output.after',
  'webhook.kept.before',
  'webhook.kept.after',
  'webhook.claimed.after',
  'webhook.dropped.before',
  'webhook.dropped.after',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/** Called on arrival at a point; the work there goes on when the promise resolves, if ever. */
export type Arrive = (point: Failpoint) => Promise<void>;

export interface Trouble {
  /** Dies at the `hits`-th arrival at a point. */
  readonly killAt: { readonly point: Failpoint; readonly hits: number } | null;
  /** At any point, this share of arrivals stands still for so long: longer than a lease, as a swapping machine may. */
  readonly pauses: { readonly share: number; readonly ms: number } | null;
}

export function createArrive({ killAt, pauses }: Trouble, random: () => number): Arrive {
  let hits = 0;
  return async (point) => {
    if (killAt?.point === point) {
      hits += 1;
      // No handler runs, nothing is flushed: as power loss, for the process.
      if (hits >= killAt.hits) process.kill(process.pid, 'SIGKILL');
    }
    if (pauses && random() < pauses.share) await sleep(pauses.ms * (0.6 + random()));
  };
}

type Step = 'submitting' | 'accepted' | 'unknown' | 'rejected' | 'poll' | 'ended';

const STEPS: Readonly<Record<string, Step>> = {
  submitting: 'submitting',
  submission_unknown: 'unknown',
  rejected: 'rejected',
  completed: 'ended',
  failed: 'ended',
  cancelled: 'ended',
  expired: 'ended',
};

function stepOf({ status, upstreamId }: JobChange): Step {
  if (upstreamId !== undefined) return 'accepted';
  return (status && STEPS[status]) ?? 'poll';
}

/** The store with a point on each side of every write that matters. */
export function withFailpoints(store: JobStore, arrive: Arrive): JobStore {
  async function between<T>(before: Failpoint, work: () => Promise<T>, after: Failpoint): Promise<T> {
    await arrive(before);
    const result = await work();
    await arrive(after);
    return result;
  }
  return {
    ...store,
    createJob: (...args) => between('create.before', () => store.createJob(...args), 'create.after'),
    async claimDue(...args) {
      const claims = await store.claimDue(...args);
      if (claims.length > 0) await arrive('claim.after');
      return claims;
    },
    saveStep(lease, change, after) {
      const step = stepOf(change);
      return between(`${step}.before`, () => store.saveStep(lease, change, after), `${step}.after`);
    },
    bindUpstream: (...args) => between('bind.before', () => store.bindUpstream(...args), 'bind.after'),
    saveOutput: (...args) => between('output.before', () => store.saveOutput(...args), 'output.after'),
    keepWebhook: (...args) =>
      between('webhook.kept.before', () => store.keepWebhook(...args), 'webhook.kept.after'),
    async claimWebhooks(...args) {
      const webhooks = await store.claimWebhooks(...args);
      if (webhooks.length > 0) await arrive('webhook.claimed.after');
      return webhooks;
    },
    dropWebhook: (...args) =>
      between('webhook.dropped.before', () => store.dropWebhook(...args), 'webhook.dropped.after'),
  };
}

/** undici tells of every request it sends: these points lie between two writes, on the wire. They cannot be paused at. */
export function watchSubmits(arrive: Arrive): void {
  const points = {
    'undici:client:sendHeaders': 'submit.headers-sent',
    'undici:request:bodySent': 'submit.body-sent',
    'undici:request:headers': 'submit.answered',
  } as const;
  for (const [name, point] of Object.entries(points)) {
    channel(name).subscribe((message) => {
      if ((message as { request?: { method?: string } }).request?.method === 'POST') void arrive(point);
    });
  }
}

/** A clip gets its name by a rename: the points on each side of it. Called before src is imported. */
export function watchRenames(arrive: Arrive): void {
  const { rename } = fs.promises;
  fs.promises.rename = async (from, to) => {
    await arrive('archive.rename.before');
    await rename(from, to);
    await arrive('archive.rename.after');
  };
  syncBuiltinESMExports();
}
