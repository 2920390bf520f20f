// The contract on spend: a line per attempt, sums that are those of the lines, and every sum says what is unknown.

import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../src/core/accounts/calendar.ts';
import { NO_LIMITS } from '../../../src/core/accounts/key.ts';
import { SPEND_GROUPS, type SpendSums, splitRange } from '../../../src/core/accounts/spend.ts';
import type { JobChange, JobStatus } from '../../../src/core/job/job.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { JobIntent } from '../../../src/store/ports/jobs.ts';
import type { LedgerLine, SpendQuery } from '../../../src/store/ports/spend.ts';
import { createIdleJob, createJobIn, LEASE_MS, LIST_ALL, type StoreUnderTest } from './store-under-test.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const EVER = { startsAt: 0, endsAt: Date.UTC(2100, 0, 1) };
const QUERY: SpendQuery = {
  clientId: null,
  basis: 'submitted',
  groups: [],
  intervals: [EVER],
  maxRows: 1_000,
};

const NONE = { jobs: 0, billedMicroUsd: 0, estimatedMicroUsd: 0, heldMicroUsd: 0, unknownJobs: 0 };

const ended = (store: JobStore, at: number, intent: Partial<JobIntent>, change: JobChange = {}) =>
  createIdleJob(store, 'completed', intent, { submittedAt: at, finishedAt: at + 60_000, ...change });

const total = async (store: JobStore, query: Partial<SpendQuery> = {}): Promise<SpendSums> => {
  const report = await store.sumSpend({ ...QUERY, ...query });
  if (!report) throw new Error('too many rows');
  return report.total;
};

const rowsOf = async (store: JobStore, query: Partial<SpendQuery>) => {
  const report = await store.sumSpend({ ...QUERY, ...query });
  if (!report) throw new Error('too many rows');
  return report.rows;
};

const linesOf = (store: JobStore): Promise<LedgerLine[]> =>
  store.listLedger({ ...EVER, clientId: null, after: null, limit: 1_000 });

/** What the lines say, counted one by one. */
const sumLines = (lines: readonly LedgerLine[]): SpendSums =>
  lines.reduce(
    (sums, line) => {
      const isFree =
        line.endedAt !== null &&
        (line.submittedAt === null || line.state === 'rejected' || line.state === 'not_accepted');
      return {
        jobs: sums.jobs + 1,
        billedMicroUsd: sums.billedMicroUsd + (line.billedMicroUsd ?? 0),
        estimatedMicroUsd: sums.estimatedMicroUsd + (isFree ? 0 : (line.estimatedMicroUsd ?? 0)),
        heldMicroUsd: sums.heldMicroUsd + (line.billedMicroUsd === null ? (line.ceilingMicroUsd ?? 0) : 0),
        unknownJobs:
          sums.unknownJobs +
          Number(
            line.billedMicroUsd === null && (line.endedAt !== null || line.state === 'submission_unknown'),
          ),
      };
    },
    { jobs: 0, billedMicroUsd: 0, estimatedMicroUsd: 0, heldMicroUsd: 0, unknownJobs: 0 },
  );

export function describeSpend(current: () => StoreUnderTest): void {
  describe('the ledger', () => {
    it.each<[JobStatus, JobChange, Partial<LedgerLine>]>([
      ['queued', {}, { endedAt: null, billedMicroUsd: null }],
      ['in_progress', { submittedAt: 5 }, { endedAt: null, billedMicroUsd: null, submittedAt: 5 }],
      ['submission_unknown', { submittedAt: 5 }, { endedAt: null, billedMicroUsd: null }],
      ['completed', { submittedAt: 5, actualMicroUsd: 99 }, { billedMicroUsd: 99 }],
      ['completed', { submittedAt: 5, actualMicroUsd: 0 }, { billedMicroUsd: 0 }],
      ['completed', { submittedAt: 5, actualMicroUsd: null }, { billedMicroUsd: null, settledAt: null }],
      ['failed', { submittedAt: 5, actualMicroUsd: null }, { billedMicroUsd: null, settledAt: null }],
      ['rejected', { submittedAt: 5 }, { billedMicroUsd: 0 }],
      ['not_accepted', { submittedAt: 5 }, { billedMicroUsd: 0 }],
      ['written_off', { submittedAt: 5 }, { billedMicroUsd: null, settledAt: null }],
      ['cancelled', {}, { billedMicroUsd: 0, submittedAt: null }],
    ])('has one line for a job that is %s with %o', async (status, change, line) => {
      const { store } = current();
      const id = await createIdleJob(
        store,
        status,
        { tags: ['a', 'b'], reference: 'r-1', keyId: 'key_1' },
        change,
      );
      const lines = await linesOf(store);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({
        jobId: id,
        attempt: 1,
        client: 'studio',
        keyId: 'key_1',
        tags: ['a', 'b'],
        reference: 'r-1',
        estimatedMicroUsd: 120_000,
        ceilingMicroUsd: 180_000,
        state: status,
        ...line,
      });
      expect(await total(store)).toEqual(sumLines(lines));
    });

    it('counts the same end twice once, and a bill that comes later at the time it comes', async () => {
      const { store, passTime } = current();
      const { lease } = await createJobIn(store, 'completed', {}, { submittedAt: 1_000, finishedAt: 2_000 });
      const unknown = {
        jobs: 1,
        billedMicroUsd: 0,
        estimatedMicroUsd: 120_000,
        heldMicroUsd: 180_000,
        unknownJobs: 1,
      };
      expect(await total(store)).toEqual(unknown);
      await store.saveStep(
        lease,
        { status: 'completed', finishedAt: 2_000 },
        { keep: true, leaseMs: LEASE_MS },
      );
      expect(await total(store)).toEqual(unknown);
      expect(await total(store, { basis: 'settled', intervals: [{ startsAt: 0, endsAt: DAY_MS }] })).toEqual(
        unknown,
      );
      await passTime(5);
      await store.saveStep(lease, { actualMicroUsd: 77 }, { keep: true, leaseMs: LEASE_MS });
      const known = {
        jobs: 1,
        billedMicroUsd: 77,
        estimatedMicroUsd: 120_000,
        heldMicroUsd: 0,
        unknownJobs: 0,
      };
      expect(await total(store)).toEqual(known);
      // A month that was closed with one unknown bill is not billed more afterwards.
      expect(
        (await total(store, { basis: 'settled', intervals: [{ startsAt: 0, endsAt: DAY_MS }] })).jobs,
      ).toBe(0);
      expect(await total(store, { basis: 'settled' })).toEqual(known);
    });

    it('has one sum for a group of an interval however long the interval is', async () => {
      const { store } = current();
      const start = Date.UTC(2026, 0, 1);
      for (const day of [0, 1, 40, 80, 119])
        await ended(store, start + day * DAY_MS + 1, { tags: ['a'] }, { actualMicroUsd: 100 + day });
      await createIdleJob(store, 'in_progress', {}, { submittedAt: start + 41 * DAY_MS });
      const intervals = [
        { startsAt: start, endsAt: start + 100 * DAY_MS },
        { startsAt: start + 100 * DAY_MS, endsAt: start + 120 * DAY_MS },
      ];
      const sums = (await rowsOf(store, { intervals, groups: ['client'] })).map((row) => [
        row.startsAt,
        row.jobs,
        row.billedMicroUsd,
        row.unknownJobs,
      ]);
      expect(sums).toEqual([
        [intervals[0]?.startsAt, 5, 521, 0],
        [intervals[1]?.startsAt, 1, 219, 0],
      ]);
      const byTag = await rowsOf(store, { intervals, groups: ['tag'] });
      expect(byTag.map(({ tag, jobs }) => [tag, jobs]).sort()).toEqual([
        [null, 1],
        ['a', 1],
        ['a', 4],
      ]);
      expect((await total(store, { intervals, groups: ['tag'] })).jobs).toBe(6);
    });

    it('has a line for each attempt of a job, under the model of each', async () => {
      const { store } = current();
      const { lease } = await createJobIn(
        store,
        'pending',
        {
          fallback: {
            maxAttempts: 2,
            maxTotalMicroUsd: 500_000,
            highMicroUsd: 180_000,
            others: [
              {
                model: 'kwaivgi/kling-v3.0-std',
                request: { model: 'kwaivgi/kling-v3.0-std' },
                nonce: 'f'.repeat(32),
                expectedMs: null,
                estimatedMicroUsd: 200_000,
                listMicroUsd: null,
                highMicroUsd: 220_000,
              },
            ],
          },
        },
        { submittedAt: 1_000 },
      );
      await store.beginAttempt(lease, { status: 'failed', actualMicroUsd: 0 }, 2, {
        keep: true,
        leaseMs: LEASE_MS,
      });
      for (const step of [
        { status: 'submitting', submittedAt: 2_000 },
        { status: 'completed', actualMicroUsd: 210_000 },
      ] as const) {
        await store.saveStep(lease, step, { keep: true, leaseMs: LEASE_MS });
      }
      const lines = await linesOf(store);
      expect(lines.map(({ attempt, model, billedMicroUsd }) => [attempt, model, billedMicroUsd])).toEqual([
        [1, 'google/veo-3.1-lite', 0],
        [2, 'kwaivgi/kling-v3.0-std', 210_000],
      ]);
      expect(await total(store)).toEqual(sumLines(lines));
      const rows = await rowsOf(store, { groups: ['model'] });
      expect(rows.map(({ model, billedMicroUsd }) => [model, billedMicroUsd])).toEqual([
        ['google/veo-3.1-lite', 0],
        ['kwaivgi/kling-v3.0-std', 210_000],
      ]);
    });

    it('is paged in the order of time, running attempts included', async () => {
      const { store } = current();
      const late = await ended(store, 3_000, {});
      const early = await ended(store, 1_000, {});
      const running = await createIdleJob(store, 'pending', {}, { submittedAt: 2_000 });
      const foreign = await ended(store, 1_500, { clientId: 'agency' });
      const page = async (clientId: string | null, limit: number) => {
        const ids: string[] = [];
        for (let after: LedgerLine | null = null; ; ) {
          const lines: LedgerLine[] = await store.listLedger({ ...EVER, clientId, after, limit });
          ids.push(...lines.map(({ jobId }) => jobId));
          after = lines.at(-1) ?? null;
          if (after === null) return ids;
        }
      };
      expect(await page(null, 1)).toEqual([early, foreign, running, late]);
      expect(await page('studio', 2)).toEqual([early, running, late]);
      const some = await store.listLedger({
        startsAt: 1_500,
        endsAt: 3_000,
        clientId: null,
        after: null,
        limit: 9,
      });
      expect(some.map(({ jobId }) => jobId)).toEqual([foreign, running]);
    });
  });

  describe('sums', () => {
    it('are grouped by client, key, model and tag; a job with two tags is in two rows and once in the total', async () => {
      const { store } = current();
      await ended(store, 1_000, { tags: ['a', 'b'], keyId: 'key_1' }, { actualMicroUsd: 10 });
      await ended(store, 2_000, { tags: ['b'], keyId: 'key_2' }, { actualMicroUsd: 20 });
      await ended(store, 3_000, { clientId: 'agency' }, { actualMicroUsd: 40 });
      const billed = async (group: (typeof SPEND_GROUPS)[number]) =>
        (await rowsOf(store, { groups: [group] })).map((row) => [
          { client: row.client, key: row.keyId, model: row.model, tag: row.tag }[group],
          row.billedMicroUsd,
        ]);
      const entries = async (group: (typeof SPEND_GROUPS)[number]) =>
        new Map((await billed(group)) as [string, number][]);
      expect(await entries('client')).toEqual(
        new Map([
          ['studio', 30],
          ['agency', 40],
        ]),
      );
      expect(await entries('key')).toEqual(
        new Map<unknown, number>([
          ['key_1', 10],
          ['key_2', 20],
          [null, 40],
        ]),
      );
      expect(await entries('model')).toEqual(new Map([['google/veo-3.1-lite', 70]]));
      expect(await entries('tag')).toEqual(
        new Map<unknown, number>([
          ['a', 10],
          ['b', 30],
          [null, 40],
        ]),
      );
      expect(await total(store, { groups: ['tag'] })).toMatchObject({ jobs: 3, billedMicroUsd: 70 });
      expect(await total(store, { groups: ['tag'], clientId: 'studio' })).toMatchObject({
        jobs: 2,
        billedMicroUsd: 30,
      });
    });

    it('of one key are those of the keys that replaced it, too, in hours and at their edges', async () => {
      const { store } = current();
      const by = { actor: 'alice', keyId: null, requestId: null, reason: null };
      const key = (id: string) => ({
        id,
        client: 'studio',
        name: null,
        sha256: id.padEnd(64, '0'),
        last4: null,
        scopes: ['read', 'write'] as const,
        models: null,
        limits: NO_LIMITS,
        expiresAt: null,
      });
      await store.createKey(key('key_a'), by, null);
      await store.rotateKey('key_a', { id: 'key_b', sha256: 'b'.repeat(64), last4: null }, 0, by, null);
      await ended(store, 1_000, { keyId: 'key_a' }, { actualMicroUsd: 3 });
      await ended(store, 2_000, { keyId: 'key_b' }, { actualMicroUsd: 5 });
      await ended(store, 3_000, { keyId: 'key_c' }, { actualMicroUsd: 7 });
      await ended(store, 4_000, {}, { actualMicroUsd: 11 });
      expect((await total(store, { keyLine: 'key_a' })).billedMicroUsd).toBe(8);
      const edge = [{ startsAt: 1_500, endsAt: 3_500 }];
      expect((await total(store, { keyLine: 'key_a', intervals: edge })).billedMicroUsd).toBe(5);
      expect((await total(store, { keyLine: 'key_c', intervals: edge })).billedMicroUsd).toBe(7);
      expect((await total(store, { keyLine: 'key_none' })).jobs).toBe(0);
    });

    it('are refused beyond the rows that are asked for', async () => {
      const { store } = current();
      for (const tag of ['a', 'b', 'c']) await ended(store, 1_000, { tags: [tag] });
      expect(await store.sumSpend({ ...QUERY, groups: ['tag'], maxRows: 2 })).toBeNull();
      expect((await store.sumSpend({ ...QUERY, groups: ['tag'], maxRows: 3 }))?.rows).toHaveLength(3);
    });

    it.each([
      'UTC',
      'Europe/Berlin',
      'Asia/Kathmandu',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'America/Santiago',
      'Pacific/Chatham',
    ])('of the days, weeks and months are those of the range in %s, edges included', async (timeZone) => {
      const { store } = current();
      // Around the change of clocks in Lord Howe, by half an hour, and in Santiago, at midnight.
      const from = Date.UTC(2026, 8, 3, 5, 17, 11);
      const until = Date.UTC(2026, 9, 12, 22, 41, 3);
      const intents: Partial<JobIntent>[] = [{}, { tags: ['x', 'y'] }, { clientId: 'agency', tags: ['x'] }];
      // A prime number of minutes, so that no two fall on the same part of an hour.
      for (let at = from - DAY_MS, index = 0; at < until + DAY_MS; at += 641 * 60_000, index += 1) {
        const change = index % 7 === 0 ? {} : { actualMicroUsd: 1 + index * 13 };
        await ended(store, at, intents[index % 3] ?? {}, change);
      }
      await createIdleJob(store, 'pending', {}, { submittedAt: from + DAY_MS });
      const range = { startsAt: from, endsAt: until };
      for (const basis of ['submitted', 'settled'] as const) {
        const whole = await total(store, { basis, intervals: [range] });
        const lines = (await linesOf(store)).filter(({ spentAt, settledAt, endedAt }) => {
          const at = basis === 'submitted' ? spentAt : (settledAt ?? endedAt ?? -1);
          return at >= from && at < until;
        });
        expect(whole).toEqual(sumLines(lines));
        for (const unit of ['hour', 'day', 'week', 'month', 'none'] as const) {
          const intervals = splitRange(createCalendar(timeZone), unit, range, 2_000) ?? [];
          for (const groups of [[], ['client', 'tag']] as const) {
            const report = await store.sumSpend({ ...QUERY, basis, intervals, groups, maxRows: 5_000 });
            expect(report?.total).toEqual(whole);
            // Row by row what the lines of that stretch say.
            if (groups.length > 0) continue;
            for (const row of report?.rows ?? []) {
              const interval = intervals.find(({ startsAt }) => startsAt === row.startsAt);
              const inside = lines.filter(({ spentAt, settledAt, endedAt }) => {
                const at = basis === 'submitted' ? spentAt : (settledAt ?? endedAt ?? -1);
                return interval !== undefined && at >= interval.startsAt && at < interval.endsAt;
              });
              expect(row).toMatchObject(sumLines(inside));
            }
          }
        }
      }
    });

    it('are the same after they were made anew', async () => {
      const { store } = current();
      for (let index = 0; index < 20; index += 1) {
        await ended(
          store,
          index * 3_000_000,
          { tags: index % 2 ? ['a', 'b'] : [] },
          { actualMicroUsd: index },
        );
      }
      await createIdleJob(store, 'rejected', {}, { submittedAt: 1_000 });
      await createIdleJob(store, 'pending');
      const queries: Partial<SpendQuery>[] = [
        {},
        { groups: [...SPEND_GROUPS] },
        { groups: ['tag'], basis: 'settled' },
      ];
      const read = () => Promise.all(queries.map((query) => store.sumSpend({ ...QUERY, ...query })));
      const before = await read();
      expect(await store.rebuildSpend()).toEqual({ lines: 21, added: 0 });
      expect(await read()).toEqual(before);
    });
  });

  describe('cancelling', () => {
    const BY = { actor: 'studio', keyId: null, requestId: 'req_1', reason: null };

    it('ends what is queued, and whoever was about to submit it finds its lease lost', async () => {
      const { store } = current();
      const { job, lease } = await createJobIn(store, 'queued');
      expect(await store.cancelJob(job.id, BY)).toMatchObject({ status: 'cancelled', submittedAt: null });
      const submit = { status: 'submitting', submittedAt: 1 } as const;
      expect(await store.saveStep(lease, submit, { keep: true, leaseMs: LEASE_MS })).toBeNull();
      expect(await total(store)).toEqual({ ...NONE, jobs: 1 });
      expect(await store.cancelJob(job.id, BY)).toBeNull();
    });

    it.each<JobStatus>(['submitting', 'pending', 'submission_unknown', 'completed', 'rejected'])(
      'leaves a job that is %s as it is',
      async (status) => {
        const { store } = current();
        const id = await createIdleJob(store, status);
        const before = await store.findJob(id);
        expect(await store.cancelJob(id, BY)).toBeNull();
        expect(await store.findJob(id)).toEqual(before);
      },
    );

    it('and submitting at once come to exactly one of the two', async () => {
      const { store } = current();
      for (let round = 0; round < 20; round += 1) {
        const { job, lease } = await createJobIn(store, 'queued');
        const submit = { status: 'submitting', submittedAt: 1 } as const;
        const [cancelled, submitting] = await Promise.all([
          store.cancelJob(job.id, BY),
          store.saveStep(lease, submit, { keep: true, leaseMs: LEASE_MS }),
        ]);
        expect([cancelled === null, submitting === null].sort()).toEqual([false, true]);
      }
    });

    it('releases what budgets held', async () => {
      const { store } = current();
      await store.createBudget(
        {
          id: 'budget_1',
          scope: { kind: 'all' },
          limitMicroUsd: 180_000,
          period: 'none',
          timeZone: 'UTC',
          hard: true,
          thresholds: [],
          unpricedHoldMicroUsd: null,
          includeByok: false,
        },
        BY,
      );
      const { job } = await createJobIn(store, 'queued');
      expect((await store.getBudget('budget_1'))?.use.heldMicroUsd).toBe(180_000);
      await store.cancelJob(job.id, BY);
      expect((await store.getBudget('budget_1'))?.use).toMatchObject({ heldMicroUsd: 0, settledMicroUsd: 0 });
      await createJobIn(store, 'queued');
    });
  });

  describe('a bill that came as unknown', () => {
    const BY = { actor: 'alice', keyId: null, requestId: 'req_1', reason: 'invoice' };

    it('is asked for once a minute for ten minutes, then hourly for a day', async () => {
      const { store, passTime } = current();
      const id = await createIdleJob(
        store,
        'completed',
        {},
        { submittedAt: 1, upstreamId: 'gen-1', finishedAt: null },
      );
      await createIdleJob(store, 'completed', {}, { submittedAt: 1, upstreamId: 'gen-2', actualMicroUsd: 5 });
      await createIdleJob(store, 'completed', {}, { submittedAt: 1, upstreamId: null });
      expect(await store.claimUnknownBills(10)).toEqual([]);
      await passTime(60_000);
      const bill = { jobId: id, attempt: 1, generationId: 'gen-1' };
      expect(await store.claimUnknownBills(10)).toEqual([bill]);
      expect(await store.claimUnknownBills(10)).toEqual([]);
      await passTime(60_000);
      expect(await store.claimUnknownBills(10)).toEqual([bill]);
      await store.enterBill(id, { attempt: 1, microUsd: 99, isByok: false }, null);
      await passTime(60_000);
      expect(await store.claimUnknownBills(10)).toEqual([]);
      expect(await total(store)).toMatchObject({ jobs: 3, billedMicroUsd: 104, unknownJobs: 1 });
      expect(await store.findJob(id)).toMatchObject({ actualMicroUsd: 99, isByok: false });
    });

    it('is entered once, on record, for what has ended and is unknown', async () => {
      const { store } = current();
      const id = await createIdleJob(store, 'expired', {}, { submittedAt: 1 });
      const entered = await store.enterBill(id, { attempt: null, microUsd: 77, isByok: null }, BY);
      expect(entered).toMatchObject({ kind: 'entered', job: { actualMicroUsd: 77 } });
      const again = await store.enterBill(id, { attempt: null, microUsd: 78, isByok: null }, BY);
      expect(again).toMatchObject({ kind: 'known', billedMicroUsd: 77 });
      expect((await total(store)).billedMicroUsd).toBe(77);
      const object = { kind: 'job', id } as const;
      const acts = await store.listAudit({ since: null, actor: null, object, before: null, limit: 9 });
      expect(acts.map(({ action, after }) => [action, after])).toEqual([
        ['bill', { attempt: 1, billedMicroUsd: 77 }],
      ]);

      const running = await createIdleJob(store, 'pending');
      const bill = { attempt: null, microUsd: 1, isByok: null };
      expect(await store.enterBill(running, bill, BY)).toMatchObject({ kind: 'not_ended' });
      const refused = await createIdleJob(store, 'rejected', {}, { submittedAt: 1 });
      expect(await store.enterBill(refused, bill, BY)).toMatchObject({ kind: 'known', billedMicroUsd: 0 });
      expect(await store.enterBill('job_none', bill, BY)).toBeNull();
    });

    it('is settled by a write-off that names it', async () => {
      const { store } = current();
      const id = await createIdleJob(store, 'submission_unknown', {}, { submittedAt: 1 });
      await store.resolveUnknown(id, { action: 'write_off', microUsd: 55 }, BY);
      expect(await total(store)).toMatchObject({ billedMicroUsd: 55, heldMicroUsd: 0, unknownJobs: 0 });
    });
  });

  describe('tags and references', () => {
    it('filter the list, each of them served in order', async () => {
      const { store } = current();
      const a = await createIdleJob(store, 'pending', { tags: ['a', 'b'], reference: 'r-1', keyId: 'key_1' });
      const b = await createIdleJob(store, 'completed', { tags: ['b'], reference: 'r-2', keyId: 'key_1' });
      const c = await createIdleJob(store, 'failed', { clientId: 'agency', tags: ['b'], reference: 'r-1' });
      const ids = async (query: Partial<typeof LIST_ALL>) =>
        (await store.listJobs({ ...LIST_ALL, ...query })).map(({ id }) => id);
      expect(await ids({ tag: 'b' })).toEqual([c, b, a]);
      expect(await ids({ tag: 'b', clientId: 'studio' })).toEqual([b, a]);
      expect(await ids({ tag: 'b', before: b })).toEqual([a]);
      expect(await ids({ tag: 'b', statuses: ['failed', 'pending'] })).toEqual([c, a]);
      expect(await ids({ tag: 'none' })).toEqual([]);
      expect(await ids({ reference: 'r-1' })).toEqual([c, a]);
      expect(await ids({ reference: 'r-1', clientId: 'studio' })).toEqual([a]);
      expect(await ids({ keyId: 'key_1' })).toEqual([b, a]);
      expect(await ids({ statuses: ['completed', 'pending'], limit: 1 })).toEqual([b]);
      expect(await ids({ statuses: ['completed', 'pending', 'failed'], before: b })).toEqual([a]);
      expect((await store.findJob(a))?.tags).toEqual(['a', 'b']);
      expect((await store.findJob(a))?.reference).toBe('r-1');
    });

    it('filter by when jobs were made', async () => {
      const { store } = current();
      const id = await createIdleJob(store, 'pending', { tags: ['a'] });
      const at = (await store.findJob(id))?.createdAt ?? 0;
      const count = async (since: number | null, until: number | null, tag: string | null) =>
        (await store.listJobs({ ...LIST_ALL, since, until, tag })).length;
      for (const tag of [null, 'a']) {
        expect(await count(at, at + 1, tag)).toBe(1);
        expect(await count(at + 1, null, tag)).toBe(0);
        expect(await count(null, at, tag)).toBe(0);
      }
    });
  });
}
