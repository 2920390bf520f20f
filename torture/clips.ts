// Whether the clip a client gets is the clip that was paid for, byte by byte.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnedJob } from './shop.ts';
import { type Stage, UPSTREAM_KEY } from './stage.ts';

/** Comparing them all would take longer than the run. */
const MOST = 60;
const TRIES = 12;
const RETRY_MS = 500;

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The clip from upstream itself; again while a fault that strikes a counted number of times still strikes. */
async function fetchTruth({ simulator }: Stage, upstreamId: string): Promise<Uint8Array | null> {
  for (let left = TRIES; left > 0; left--) {
    try {
      const response = await fetch(`${simulator.apiUrl}/videos/${upstreamId}/content?index=0`, {
        headers: { authorization: `Bearer ${UPSTREAM_KEY}` },
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status === 200 && response.headers.get('content-type') === 'video/mp4') return bytes;
    } catch {
      // Cut: the next try may be whole.
    }
  }
  return null;
}

/** @returns what is wrong, in words, and how many clips were compared. */
export async function findWrongClips(
  stage: Stage,
  jobs: readonly OwnedJob[],
): Promise<{ readonly wrong: string[]; readonly compared: number }> {
  const completed = jobs.filter(({ status, upstream }) => status === 'completed' && upstream.id !== null);
  const wrong: string[] = [];
  for (const job of completed.slice(0, MOST)) {
    const truth = await fetchTruth(stage, job.upstream.id ?? '');
    let got: Uint8Array | null = null;
    for (let left = TRIES; left > 0 && got === null; left--) {
      got = await stage.shop.download(job.client, job.id);
      if (got === null) await sleep(RETRY_MS);
    }
    if (!truth) throw new Error(`Upstream does not hand out ${job.upstream.id}`);
    if (!got) wrong.push(`${job.id} is completed, and its clip cannot be had`);
    else if (hash(got) !== hash(truth))
      wrong.push(`${job.id} was handed out with other bytes than were paid for`);
  }
  return { wrong, compared: Math.min(MOST, completed.length) };
}
