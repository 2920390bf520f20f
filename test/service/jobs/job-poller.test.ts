// The poller: everything due is claimed, one job's trouble stays its own, interrupted submits become unknown.

import { afterEach, describe, expect, it } from 'vitest';
import type { Job, JobChange } from '../../../src/core/job/job.ts';
import type { PollResult } from '../../../src/core/job/poll-result.ts';
import { createJobFallback } from '../../../src/service/jobs/job-fallback.ts';
import { createJobPoller } from '../../../src/service/jobs/job-poller.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { JobIntent } from '../../../src/store/ports/jobs.ts';
import type { Claim } from '../../../src/store/ports/lease.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

let store: JobStore | undefined;
afterEach(() => store?.close());

const COMPLETED: PollResult = {
  kind: 'answer',
  status: 'completed',
  generationId: 'g',
  outputCount: 1,
  costUsd: 0.12,
  isByok: false,
  error: null,
};
const PENDING: PollResult = { ...COMPLETED, status: 'pending', outputCount: 0, costUsd: null };

async function setUp(
  poll: (upstreamId: string) => Promise<PollResult>,
  options: { hasClip?: boolean; concurrency?: number; keep?: () => Promise<boolean> } = {},
) {
  let now = 1_000_000;
  let monotonic = 0;
  const opened = await openSqliteStore({ file: ':memory:', clock: () => now });
  store = opened;
  const submitted: Claim[] = [];
  const archived: string[] = [];
  const polled: string[] = [];
  const recorded: Job[] = [];
  const log = createRecordedLog();
  const poller = createJobPoller(
    {
      store: opened,
      upstream: {
        poll: (id) => {
          polled.push(id);
          return poll(id);
        },
      },
      submitter: {
        submit: async (claim) => {
          submitted.push(claim);
          return { job: claim.job, refusal: null };
        },
      },
      archive: {
        hasClip: async () => options.hasClip ?? true,
        keep: async (job) => {
          archived.push(job.id);
          return options.keep ? options.keep() : true;
        },
      },
      fallback: createJobFallback({ store: opened, log }),
      modelStats: {
        record: async (job) => {
          recorded.push(job);
        },
      },
      clock: () => now,
      monotonic: () => monotonic,
      random: () => 0,
      alarms: createAlarms({ log, monotonic: () => 0 }),
      log,
    },
    {
      owner: 'me',
      concurrency: options.concurrency ?? 16,
      leaseMs: 60_000,
      archiveLeaseMs: 180_000,
      archives: { total: 4, perClient: 4 },
      pace: { minMs: 1_000, maxMs: 30_000 },
    },
  );
  let count = 0;
  const add = async (
    steps: readonly JobChange[],
    dueInMs: number | null = 0,
    extras: Partial<JobIntent> = {},
  ) => {
    const id = `job_${++count}`;
    const intent = {
      id,
      clientId: 'studio',
      model: 'a/b',
      request: { model: 'a/b' },
      nonce: id,
      expectedMs: 60_000,
      estimatedMicroUsd: null,
      idempotency: null,
      ...extras,
    };
    const created = await opened.createJob(intent, 'earlier', 60_000);
    if (created.kind !== 'created') throw new Error(created.kind);
    for (const step of steps)
      await opened.saveStep(created.claim.lease, step, { keep: true, leaseMs: 60_000 });
    await opened.saveStep(created.claim.lease, {}, { keep: false, runInMs: dueInMs });
    return id;
  };
  return {
    store: opened,
    poller,
    submitted,
    archived,
    polled,
    recorded,
    log,
    add,
    pass: (ms: number) => {
      now += ms;
      monotonic += ms;
    },
    /** As a wrong clock is put right: time itself goes on. */
    setBack: (ms: number) => {
      now -= ms;
    },
    passMonotonic: (ms: number) => {
      monotonic += ms;
    },
    statusOf: async (id: string) => (await opened.getJob(id, 'studio'))?.status,
    tick: async () => {
      const round = await poller.tick();
      await round.settled;
      return round.claimed;
    },
  };
}

const pending = (upstreamId: string): JobChange[] => [
  { status: 'submitting', submittedAt: 1_000_000 },
  { status: 'pending', upstreamId },
];

describe('a job that upstream does not know', () => {
  const HOUR = 3_600_000;

  it('is polled on after an outage of ours, and ends only when upstream has said so for hours', async () => {
    const t = await setUp(async () => ({ kind: 'missing' }));
    const id = await t.add(pending('u1'));
    t.pass(72 * HOUR);
    await t.tick();
    expect(await t.store.findJob(id)).toMatchObject({ status: 'pending', missingPolls: 1 });
    let waited = 0;
    for (; (await t.statusOf(id)) === 'pending' && waited < 9 * HOUR; waited += HOUR / 6) {
      t.pass(HOUR / 6);
      await t.tick();
    }
    expect(waited).toBe(3 * HOUR);
    expect(await t.store.findJob(id)).toMatchObject({
      status: 'expired',
      error: { code: 'upstream_lost' },
    });
  });

  it('goes on where upstream knows it again', async () => {
    const answers: PollResult[] = [{ kind: 'missing' }, PENDING, { kind: 'missing' }];
    const t = await setUp(async () => answers.shift() ?? COMPLETED);
    const id = await t.add(pending('u1'));
    for (const missingPolls of [1, 0, 1]) {
      t.pass(4 * HOUR);
      await t.tick();
      expect(await t.store.findJob(id)).toMatchObject({ status: 'pending', missingPolls });
    }
    t.pass(4 * HOUR);
    await t.tick();
    expect(await t.statusOf(id)).toBe('completed');
  });
});

describe('tick', () => {
  it('takes a job from pending to completed, then fetches its clip, then leaves it alone', async () => {
    const t = await setUp(async () => COMPLETED);
    const id = await t.add(pending('u1'));
    expect(await t.tick()).toBe(1);
    expect(await t.store.getJob(id, 'studio')).toMatchObject({
      status: 'completed',
      actualMicroUsd: 120_000,
      polls: 1,
    });
    expect(await t.tick()).toBe(1);
    expect(t.archived).toEqual([id]);
    t.pass(1e9);
    expect(await t.tick()).toBe(0);
  });

  it('holds a job longer while its clip is fetched than while it is polled', async () => {
    let stored = (_kept: boolean): void => {};
    const t = await setUp(async () => COMPLETED, {
      keep: () =>
        new Promise((resolve) => {
          stored = resolve;
        }),
    });
    const id = await t.add(pending('u1'));
    await t.tick();
    const { settled } = await t.poller.tick();
    await expect.poll(() => t.archived).toEqual([id]);
    t.pass(179_000);
    expect(await t.store.claimDue('another', 8, 1_000)).toEqual([]);
    stored(true);
    await settled;
    t.pass(1e9);
    expect(await t.store.claimDue('another', 8, 1_000)).toEqual([]);
  });

  it('gives a slow clip one slot, however often it is due again, and never all slots to clips', async () => {
    const t = await setUp(async () => (t.polled.length <= 6 ? COMPLETED : PENDING), {
      keep: () => new Promise(() => {}),
    });
    for (let count = 0; count < 6; count++) await t.add(pending(`u${count}`));
    await t.tick();
    await t.poller.tick();
    await expect.poll(() => t.archived.length).toBe(4);
    for (let hours = 0; hours < 5; hours++) {
      t.pass(3_600_000);
      await t.poller.tick();
    }
    expect(t.archived).toHaveLength(4);
    const id = await t.add(pending('another'));
    await t.poller.tick();
    await expect.poll(() => t.polled.at(-1)).toBe('another');
    expect(await t.statusOf(id)).toBe('pending');
  });

  it('tells what became of a job once it has ended, as it was last seen before', async () => {
    const t = await setUp(async () => (t.polled.length < 3 ? PENDING : COMPLETED));
    const id = await t.add(pending('u1'));
    await t.tick();
    t.pass(30_000);
    await t.tick();
    expect(t.recorded).toEqual([]);
    t.pass(20_000);
    await t.tick();
    expect(t.recorded).toMatchObject([
      { id, status: 'completed', updatedAt: 1_030_000, finishedAt: 1_050_000, actualMicroUsd: 120_000 },
    ]);
    await t.tick();
    expect(t.recorded).toHaveLength(1);
  });

  it('tries a clip again later where it could not be stored, without touching the job', async () => {
    const t = await setUp(async () => COMPLETED, { keep: async () => false });
    const id = await t.add(pending('u1'));
    await t.tick();
    const before = await t.store.getJob(id, 'studio');
    await t.tick();
    expect(await t.tick()).toBe(0);
    t.pass(2_000);
    expect(await t.tick()).toBe(1);
    expect(await t.store.getJob(id, 'studio')).toEqual(before);
  });

  it('comes back to a pending job when its pace says so', async () => {
    const t = await setUp(async () => PENDING);
    await t.add(pending('u1'));
    await t.tick();
    expect(await t.tick()).toBe(0);
    t.pass(30_000);
    expect(await t.tick()).toBe(1);
  });

  it('submits what is queued and was never sent', async () => {
    const t = await setUp(async () => PENDING);
    const id = await t.add([]);
    await t.tick();
    expect(t.submitted.map(({ job }) => job.id)).toEqual([id]);
  });

  it('never sends a submit that was interrupted: its outcome is unknown', async () => {
    const t = await setUp(async () => PENDING);
    const id = await t.add([{ status: 'submitting' }]);
    await t.tick();
    expect(await t.statusOf(id)).toBe('submission_unknown');
    expect(t.submitted).toEqual([]);
    t.pass(1e9);
    expect(await t.tick()).toBe(0);
  });

  it('keeps the trouble of one job from the others', async () => {
    const t = await setUp(async (id) => {
      if (id === 'u2') throw new Error('unforeseen');
      return COMPLETED;
    });
    const [one, two, three] = [
      await t.add(pending('u1')),
      await t.add(pending('u2')),
      await t.add(pending('u3')),
    ];
    await t.tick();
    expect([await t.statusOf(one), await t.statusOf(two), await t.statusOf(three)]).toEqual([
      'completed',
      'pending',
      'completed',
    ]);
    // Its lease runs out, and it is taken up again.
    t.pass(60_000);
    await t.tick();
    expect(t.polled.filter((id) => id === 'u2')).toHaveLength(2);
  });

  it('polls the job of another client at once, with 100 polls that hang', async () => {
    let open: (result: PollResult) => void = () => undefined;
    const hang = new Promise<PollResult>((resolve) => {
      open = resolve;
    });
    const t = await setUp((id) => (id.startsWith('slow') ? hang : Promise.resolve(COMPLETED)), {
      concurrency: 64,
    });
    for (let i = 0; i < 100; i++) await t.add(pending(`slow-${i}`), 0, { clientId: 'flood' });
    const rounds = [await t.poller.tick(), await t.poller.tick()];
    expect(t.polled).toHaveLength(32);
    const id = await t.add(pending('fast'), 0, { clientId: 'quiet' });
    await (await t.poller.tick()).settled;
    expect((await t.store.findJob(id))?.status).toBe('completed');
    open(PENDING);
    await Promise.all(rounds.map(({ settled }) => settled));
  });

  it('is not stalled by a clock that was three days ahead, or goes ten minutes back', async () => {
    const t = await setUp(async () => PENDING);
    t.pass(3 * 86_400_000);
    await t.add(pending('u1'));
    await t.tick();
    expect(t.polled).toHaveLength(1);
    t.setBack(3 * 86_400_000);
    expect(await t.store.nextDueInMs()).toBeGreaterThan(86_400_000);
    t.passMonotonic(5_000);
    await t.tick();
    expect(t.polled).toHaveLength(2);
    t.setBack(600_000);
    t.passMonotonic(5_000);
    await t.tick();
    expect(t.polled).toHaveLength(3);
    expect(t.log.lines.filter(({ message }) => message.includes('the clock was wrong'))).toHaveLength(2);
  });

  it('does not let a slow poll hold up the rest, nor takes more than it has room for', async () => {
    let answer: (result: PollResult) => void = () => undefined;
    const t = await setUp(
      (id) =>
        id === 'slow'
          ? new Promise((resolve) => {
              answer = resolve;
            })
          : Promise.resolve(COMPLETED),
      // Two for one client.
      { concurrency: 5 },
    );
    await t.add(pending('slow'));
    const others = [await t.add(pending('u1')), await t.add(pending('u2'))];
    const first = await t.poller.tick();
    expect(first.claimed).toBe(2);
    await expect.poll(() => t.statusOf(others[0] ?? '')).toBe('completed');
    const second = await t.poller.tick();
    expect(second.claimed).toBe(1);
    await second.settled;
    answer(COMPLETED);
    await first.settled;
  });

  it('writes nothing once another process has taken the job over', async () => {
    const t = await setUp(async () => {
      t.pass(61_000);
      await t.store.claimDue('other', 1, 60_000);
      return COMPLETED;
    });
    const id = await t.add(pending('u1'));
    await t.tick();
    expect(await t.statusOf(id)).toBe('pending');
    expect(t.log.lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('lost the lease'),
    );
  });
});

describe('a job of which upstream says something new', () => {
  const alarmsOf = (t: Awaited<ReturnType<typeof setUp>>) =>
    t.log.lines.flatMap(({ details }) => ('alarm' in details ? [details.alarm] : []));

  it.each<[string, PollResult]>([
    ['a status that is not known', { ...PENDING, status: 'reticulating' }],
    ['a refusal', { kind: 'unclear', reason: 'upstream answered 403', words: 'reticulating' }],
  ])('is followed on %s, with one alarm after 15 minutes', async (_name, seen) => {
    const t = await setUp(async () => seen);
    const id = await t.add(pending('u1'));
    await t.tick();
    expect(await t.store.findJob(id)).toMatchObject({
      status: 'pending',
      statusDetail: 'reticulating',
      error: null,
    });
    expect(alarmsOf(t)).toEqual([]);
    for (let minutes = 0; minutes < 30; minutes += 5) {
      t.pass(5 * 60_000);
      await t.tick();
    }
    expect(await t.store.findJob(id)).toMatchObject({
      status: 'pending',
      error: { code: 'upstream_unclear', message: expect.stringContaining('reticulating') },
    });
    expect(alarmsOf(t)).toEqual(['status_unclear']);
  });

  it('ends on another word for completed only where the clip is there', async () => {
    const seen: PollResult = { ...COMPLETED, status: 'SUCCEEDED' };
    const present = await setUp(async () => seen);
    const id = await present.add(pending('u1'));
    await present.tick();
    expect(await present.statusOf(id)).toBe('completed');
    await store?.close();
    const without = await setUp(async () => seen, { hasClip: false });
    const other = await without.add(pending('u1'));
    await without.tick();
    expect(await without.store.findJob(other)).toMatchObject({
      status: 'pending',
      statusDetail: 'SUCCEEDED',
    });
  });
});

describe('a job that failed', () => {
  const FAILED: PollResult = {
    kind: 'answer',
    status: 'failed',
    generationId: null,
    outputCount: 0,
    costUsd: null,
    isByok: null,
    error: 'flagged',
    noUsage: true,
  };
  const { noUsage: _none, ...FAILED_AT_UNKNOWN_COST } = FAILED;
  const fallback = (nonce: string, maxTotalMicroUsd = 1_000) => ({
    fallback: {
      maxAttempts: 2,
      maxTotalMicroUsd,
      highMicroUsd: 100,
      others: [
        {
          model: 'b/two',
          request: { model: 'b/two' },
          nonce,
          expectedMs: 1,
          estimatedMicroUsd: 90,
          listMicroUsd: 90,
          highMicroUsd: 100,
        },
      ],
    },
  });

  it('turns to the next candidate where it was not billed', async () => {
    const t = await setUp(async () => FAILED);
    const id = await t.add(pending('u1'), 0, fallback('n2'));
    await t.tick();
    expect(await t.store.findJob(id)).toMatchObject({
      status: 'queued',
      attempt: 2,
      model: 'b/two',
      upstreamId: null,
    });
    const [first] = await t.store.getAttempts([id]);
    expect(first).toMatchObject({ status: 'failed', upstreamId: 'u1', error: { message: 'flagged' } });
    await t.tick();
    expect(t.submitted.map(({ job }) => job.attempt)).toEqual([2]);
  });

  it.each<[string, PollResult, number]>([
    ['nobody knows what was billed', FAILED_AT_UNKNOWN_COST, 1_000],
    ['it was billed', { ...FAILED, costUsd: 0.1 }, 1_000],
    ['it was cancelled', { ...FAILED, status: 'cancelled' }, 1_000],
    ['it expired', { ...FAILED, status: 'expired' }, 1_000],
    ['both together might cost too much', FAILED, 199],
  ])('stays as it ended where %s', async (_name, seen, cap) => {
    const t = await setUp(async () => seen);
    const id = await t.add(pending('u1'), 0, fallback('n2', cap));
    await t.tick();
    expect(await t.store.findJob(id)).toMatchObject({
      attempt: 1,
      upstreamId: 'u1',
      finishedAt: expect.any(Number),
    });
    await t.tick();
    expect(t.submitted).toEqual([]);
  });

  it('stays as it ended where its caller allowed nothing else', async () => {
    const t = await setUp(async () => FAILED);
    const id = await t.add(pending('u1'));
    await t.tick();
    expect(await t.statusOf(id)).toBe('failed');
  });
});

describe('start and stop', () => {
  it('finds due jobs by itself and stops only when its steps have ended', async () => {
    let answer: (result: PollResult) => void = () => undefined;
    const t = await setUp(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const id = await t.add(pending('u1'));
    t.poller.start();
    await expect.poll(() => t.polled.length).toBe(1);
    const stopping = t.poller.stop();
    answer(COMPLETED);
    await stopping;
    expect(await t.statusOf(id)).toBe('completed');
    expect(t.archived).toEqual([]);
  });
});
