// The contract on budgets: an order holds before it is made, settles once when it ends, and no race passes a limit.

import { describe, expect, it } from 'vitest';
import type { BudgetScope } from '../../../src/core/accounts/budget.ts';
import { createCalendar } from '../../../src/core/accounts/calendar.ts';
import { NO_LIMITS } from '../../../src/core/accounts/key.ts';
import { ClipgateError } from '../../../src/core/errors.ts';
import type { Job, JobChange, JobStatus } from '../../../src/core/job/job.ts';
import type { NewBudget } from '../../../src/store/ports/budgets.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { JobIntent } from '../../../src/store/ports/jobs.ts';
import type { Claim } from '../../../src/store/ports/lease.ts';
import { createClaim, createIntent, LEASE_MS, LIST_ALL, type StoreUnderTest } from './store-under-test.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const ALL: BudgetScope = { kind: 'all' };
const BY = { actor: 'alice', keyId: null, requestId: 'req_1', reason: 'launch week' };
const STUDIO: BudgetScope = { kind: 'client', id: 'studio' };

let count = 0;

function budget(overrides: Partial<NewBudget> = {}): NewBudget {
  count += 1;
  return {
    id: `budget_${String(count).padStart(8, '0')}`,
    scope: STUDIO,
    limitMicroUsd: 1_000_000,
    period: 'none',
    timeZone: 'UTC',
    hard: true,
    thresholds: [],
    unpricedHoldMicroUsd: null,
    includeByok: false,
    ...overrides,
  };
}

const order = (ceilingMicroUsd: number | null, overrides: Partial<JobIntent> = {}): Partial<JobIntent> => ({
  ceilingMicroUsd,
  ...overrides,
});

/** Settled, held and unknown of a budget's present window, in micro-dollars. */
async function useOf(store: JobStore, id: string): Promise<readonly [number, number, number]> {
  const state = await store.getBudget(id);
  if (!state) throw new Error(`There is no budget ${id}`);
  return [state.use.settledMicroUsd, state.use.heldMicroUsd, state.unknownJobs];
}

async function end(store: JobStore, { lease }: Claim, change: JobChange): Promise<Job> {
  const saved = await store.saveStep(lease, change, { keep: true, leaseMs: LEASE_MS });
  if (!saved) throw new Error('The lease was lost');
  return saved;
}

/** A busy database says that it cannot be reached in time: the same order comes again, as a client's would. */
async function orderUntilAnswered(store: JobStore, intent: JobIntent): Promise<unknown> {
  for (;;) {
    try {
      return await store.createJob(intent, 'a', LEASE_MS);
    } catch (error) {
      if (!(error instanceof ClipgateError) || error.code !== 'store_unavailable') throw error;
    }
  }
}

/** Holds of every window are the sum of its rows, whatever happened. */
const expectNoDrift = async (store: JobStore) => expect(await store.findBudgetDrift()).toEqual([]);

export function describeBudgets(current: () => StoreUnderTest): void {
  describe('admission', () => {
    it('holds the ceiling of each order, and refuses the first that does not fit with all numbers', async () => {
      const { store } = current();
      const made = await store.createBudget(budget({ limitMicroUsd: 1_000_000 }), BY);
      await createClaim(store, order(400_000));
      await createClaim(store, order(600_000));
      await expect(store.createJob(createIntent(order(1)), 'a', LEASE_MS)).rejects.toMatchObject({
        code: 'budget_exceeded',
        details: {
          budget: {
            id: made.id,
            scope: STUDIO,
            limitMicroUsd: 1_000_000,
            spentMicroUsd: 0,
            heldMicroUsd: 1_000_000,
            neededMicroUsd: 1,
            resetsAt: null,
          },
        },
      });
      expect(await useOf(store, made.id)).toEqual([0, 1_000_000, 0]);
      await expectNoDrift(store);
    });

    it('leaves nothing of an order that is refused: no job, no key, no hold of another budget', async () => {
      const { store } = current();
      const whole = await store.createBudget(budget({ scope: ALL, limitMicroUsd: 5_000_000 }), BY);
      const client = await store.createBudget(budget({ limitMicroUsd: 100 }), BY);
      const idempotency = { key: 'order-7', bodyHash: 'a' };
      const intent = createIntent(order(200, { idempotency }));
      await expect(store.createJob(intent, 'a', LEASE_MS)).rejects.toMatchObject({
        details: { budget: { id: client.id } },
      });
      expect(await store.findJob(intent.id)).toBeNull();
      expect(await store.findIdempotent('studio', 'order-7')).toBeNull();
      expect(await useOf(store, whole.id)).toEqual([0, 0, 0]);
      // With room, the same key is as good as new.
      await store.updateBudget(client.id, { limitMicroUsd: 200 }, BY);
      await createClaim(store, order(200, { idempotency }));
      expect(await useOf(store, whole.id)).toEqual([0, 200, 0]);
    });

    it('holds once for an order that comes twice under one key', async () => {
      const { store } = current();
      const made = await store.createBudget(budget(), BY);
      const idempotency = { key: 'order-7', bodyHash: 'a' };
      await createClaim(store, order(300_000, { idempotency }));
      const again = await store.createJob(createIntent(order(300_000, { idempotency })), 'a', LEASE_MS);
      expect(again.kind).toBe('replayed');
      expect(await useOf(store, made.id)).toEqual([0, 300_000, 0]);
    });

    it('asks the budgets of everything, of the client and of the key, and no others', async () => {
      const { store } = current();
      const all = await store.createBudget(budget({ scope: ALL }), BY);
      const client = await store.createBudget(budget(), BY);
      const other = await store.createBudget(budget({ scope: { kind: 'client', id: 'press' } }), BY);
      const key = await store.createBudget(budget({ scope: { kind: 'key', id: 'key_1' } }), BY);
      await createClaim(store, order(10, { keyId: 'key_1' }));
      await createClaim(store, order(20, { keyId: 'key_2' }));
      await createClaim(store, order(40));
      await createClaim(store, order(80, { clientId: 'press' }));
      const held = await Promise.all([all, client, other, key].map(({ id }) => useOf(store, id)));
      expect(held.map(([, micro]) => micro)).toEqual([150, 70, 80, 10]);
    });

    it('asks the budgets of a key for every key that a rotation put in its place', async () => {
      const { store } = current();
      const keyRow = (id: string) => ({
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
      const rotate = (from: string, to: string) => store.rotateKey(from, keyRow(to), DAY_MS, BY, null);
      await store.createKey(keyRow('key_a'), BY, null);
      const scope = { kind: 'key', id: 'key_a' } as const;
      const early = await store.createBudget(budget({ scope, limitMicroUsd: 100 }), BY);
      await rotate('key_a', 'key_b');
      await rotate('key_b', 'key_c');
      const late = await store.createBudget(budget({ scope: { kind: 'key', id: 'key_c' } }), BY);
      for (const keyId of ['key_a', 'key_b', 'key_c']) await createClaim(store, order(30, { keyId }));
      await expect(
        store.createJob(createIntent(order(30, { keyId: 'key_c' })), 'a', LEASE_MS),
      ).rejects.toMatchObject({ code: 'budget_exceeded', details: { budget: { id: early.id, scope } } });
      expect([await useOf(store, early.id), await useOf(store, late.id)]).toEqual([
        [0, 90, 0],
        [0, 90, 0],
      ]);
      const listed = await store.listBudgets({ scope: { kind: 'key', id: 'key_b' }, after: null, limit: 9 });
      expect(listed.map((state) => state.budget.id)).toEqual([early.id, late.id]);
    });

    it('refuses an unknown ceiling under a hard budget, or holds what the budget says for one', async () => {
      const { store } = current();
      const made = await store.createBudget(budget(), BY);
      await expect(store.createJob(createIntent(order(null)), 'a', LEASE_MS)).rejects.toMatchObject({
        code: 'unpriceable',
      });
      await store.updateBudget(made.id, { unpricedHoldMicroUsd: 700_000 }, BY);
      await createClaim(store, order(null));
      expect(await useOf(store, made.id)).toEqual([0, 700_000, 0]);
    });

    it('refuses nothing under a soft budget', async () => {
      const { store } = current();
      const made = await store.createBudget(budget({ hard: false, limitMicroUsd: 100 }), BY);
      await createClaim(store, order(70));
      await createClaim(store, order(70));
      await createClaim(store, order(null));
      expect(await useOf(store, made.id)).toEqual([0, 140, 0]);
    });

    it('reads a limit that was lowered, or a budget that was deleted, with the next order', async () => {
      const { store } = current();
      const made = await store.createBudget(budget(), BY);
      await createClaim(store, order(10));
      await store.updateBudget(made.id, { limitMicroUsd: 15 }, BY);
      await expect(store.createJob(createIntent(order(10)), 'a', LEASE_MS)).rejects.toMatchObject({
        code: 'budget_exceeded',
      });
      expect(await store.deleteBudget(made.id, BY)).toBe(true);
      expect(await store.deleteBudget(made.id, BY)).toBe(false);
      await createClaim(store, order(10));
      expect(await store.getBudget(made.id)).toBeNull();
    });

    it.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/Santiago'])(
      'holds in the day of %s, wherever the server stands',
      async (timeZone) => {
        const { store } = current();
        const made = await store.createBudget(budget({ period: 'day', timeZone }), BY);
        const { job } = await createClaim(store, order(10));
        const state = await store.getBudget(made.id);
        const day = createCalendar(timeZone).windowAt('day', job.createdAt);
        expect(state).toMatchObject({
          use: { startsAt: day.startsAt, heldMicroUsd: 10 },
          resetsAt: day.endsAt,
        });
      },
    );

    it('begins with nothing held when its window does', async () => {
      const { store, passTime } = current();
      const made = await store.createBudget(budget({ period: 'day', limitMicroUsd: 10 }), BY);
      const refused = await createClaim(store, order(4));
      const billed = await createClaim(store, order(6));
      await end(store, billed, { status: 'submitting', submittedAt: 1_000 });
      await passTime(DAY_MS);
      await createClaim(store, order(10));
      // The bill of yesterday's order belongs to yesterday.
      await end(store, refused, { status: 'rejected' });
      await end(store, billed, { status: 'completed', actualMicroUsd: 6, isByok: false });
      expect(await useOf(store, made.id)).toEqual([0, 10, 0]);
      await expectNoDrift(store);
    });

    it.each<[how: string, intentOf: (n: number) => Partial<JobIntent>]>([
      ['without a key', () => ({})],
      ['each under a key of its own', (n) => ({ idempotency: { key: `order-${n}`, bodyHash: 'a' } })],
      [
        'each with a fallback',
        (n) => ({
          ceilingMicroUsd: 40_000,
          fallback: {
            maxTotalMicroUsd: 100_000,
            maxAttempts: 2,
            highMicroUsd: 40_000,
            others: [
              {
                model: 'openai/sora-2',
                request: { model: 'openai/sora-2', prompt: 'a fox' },
                nonce: `f${n}`.padStart(32, '0'),
                expectedMs: null,
                estimatedMicroUsd: 40_000,
                listMicroUsd: 40_000,
                highMicroUsd: 40_000,
              },
            ],
          },
        }),
      ],
      [
        'of which three may run and the others wait',
        () => ({ slots: [{ scope: 'client', id: 'studio', max: 3, maxWaiting: 100 }], mayWait: true }),
      ],
    ])(
      'of 1,000 orders at once on room for ten admits ten, %s',
      async (_how, intentOf) => {
        const { store, openReplica } = current();
        const made = await store.createBudget(budget({ limitMicroUsd: 1_000_000 }), BY);
        await store.createBudget(budget({ scope: ALL, limitMicroUsd: 1_000_000_000 }), BY);
        await store.putClient('studio', { limits: { ...NO_LIMITS, maxRunningJobs: 3 } }, BY);
        const replica = await openReplica?.();
        const results = await Promise.allSettled(
          Array.from({ length: 1_000 }, (_, n) =>
            orderUntilAnswered(
              replica && n % 2 === 1 ? replica : store,
              createIntent({ ceilingMicroUsd: 100_000, ...intentOf(n) }),
            ),
          ),
        );
        await replica?.close();
        const refusals = results.flatMap((result) =>
          result.status === 'rejected' ? [result.reason.code] : [],
        );
        expect(results.length - refusals.length).toBe(10);
        expect(new Set(refusals)).toEqual(new Set(['budget_exceeded']));
        expect(await useOf(store, made.id)).toEqual([0, 1_000_000, 0]);
        const jobs = await store.listJobs({ ...LIST_ALL, clientId: 'studio' });
        expect(jobs).toHaveLength(10);
        await expectNoDrift(store);
      },
      60_000,
    );
  });

  describe('settlement', () => {
    it.each<[JobStatus, JobChange, number, number, number]>([
      // status, its last change, settled, held, unknown
      ['completed', { actualMicroUsd: 250_000, isByok: false }, 250_000, 0, 0],
      ['completed', { actualMicroUsd: null }, 0, 400_000, 1],
      ['failed', { actualMicroUsd: 0, isByok: false }, 0, 0, 0],
      ['failed', {}, 0, 400_000, 1],
      ['expired', {}, 0, 400_000, 1],
      ['rejected', {}, 0, 0, 0],
      ['cancelled', {}, 0, 0, 0],
      ['submission_unknown', {}, 0, 400_000, 1],
      ['not_accepted', {}, 0, 0, 0],
      ['pending', {}, 0, 400_000, 0],
    ])('of a job that is %s with %j leaves %d settled, %d held, %d unknown', async (status, last, ...use) => {
      const { store } = current();
      const made = await store.createBudget(budget(), BY);
      const submittedAt = status === 'cancelled' ? {} : { submittedAt: 1_000 };
      const claim = await createClaim(store, order(400_000));
      const steps: JobStatus[] = status === 'cancelled' ? [] : ['submitting'];
      if (['failed', 'expired', 'completed'].includes(status)) steps.push('pending');
      if (status === 'not_accepted') steps.push('submission_unknown');
      for (const step of steps) await end(store, claim, { status: step, ...submittedAt });
      await end(store, claim, { status, ...last });
      expect(await useOf(store, made.id)).toEqual(use);
      await expectNoDrift(store);
    });

    it('counts a bill once, however often it is written, and late where it came late', async () => {
      const { store } = current();
      const made = await store.createBudget(budget(), BY);
      const claim = await createClaim(store, order(400_000));
      await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
      await end(store, claim, { status: 'completed', actualMicroUsd: null });
      expect(await useOf(store, made.id)).toEqual([0, 400_000, 1]);
      await end(store, claim, { actualMicroUsd: 310_000, isByok: false });
      await end(store, claim, { actualMicroUsd: 310_000, isByok: false });
      await end(store, claim, { status: 'completed', actualMicroUsd: 310_000 });
      expect(await useOf(store, made.id)).toEqual([310_000, 0, 0]);
      await expectNoDrift(store);
    });

    it('counts a bill above its hold in full, lets nothing more in, and reports it once', async () => {
      const { store } = current();
      const made = await store.createBudget(budget({ limitMicroUsd: 500_000 }), BY);
      const claim = await createClaim(store, order(400_000));
      await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
      await end(store, claim, { status: 'completed', actualMicroUsd: 900_000, isByok: false });
      expect(await useOf(store, made.id)).toEqual([900_000, 0, 0]);
      await expect(store.createJob(createIntent(order(1)), 'a', LEASE_MS)).rejects.toMatchObject({
        code: 'budget_exceeded',
        details: { budget: { spentMicroUsd: 900_000, remainingMicroUsd: -400_000 } },
      });
      expect(await store.claimBudgetEvents(10)).toMatchObject([
        { budgetId: made.id, kind: 'overrun', subject: claim.job.id },
      ]);
      expect(await store.claimBudgetEvents(10)).toEqual([]);
    });

    it('counts only the fee of a bill paid with a key of the provider, or the estimate with it', async () => {
      const { store } = current();
      const fee = await store.createBudget(budget(), BY);
      const all = await store.createBudget(budget({ includeByok: true }), BY);
      const claim = await createClaim(store, order(400_000, { estimatedMicroUsd: 120_000 }));
      await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
      await end(store, claim, { status: 'completed', actualMicroUsd: 6_000, isByok: true });
      expect(await useOf(store, fee.id)).toEqual([6_000, 0, 0]);
      expect(await useOf(store, all.id)).toEqual([126_000, 0, 0]);
    });

    it('holds the total of a fallback once, and passes what is left of it on', async () => {
      const { store } = current();
      const made = await store.createBudget(budget(), BY);
      const attempt = (n: number) => ({
        model: `openai/sora-${n}`,
        request: { model: `openai/sora-${n}`, prompt: 'a fox' },
        nonce: `f${n}`.padStart(32, String(count + n)),
        expectedMs: null,
        estimatedMicroUsd: 100_000,
        listMicroUsd: 100_000,
        highMicroUsd: 300_000,
      });
      const fallback = {
        maxTotalMicroUsd: 900_000,
        maxAttempts: 3,
        highMicroUsd: 300_000,
        others: [attempt(2), attempt(3)],
      };
      const claim = await createClaim(store, order(300_000, { fallback }));
      expect(await useOf(store, made.id)).toEqual([0, 900_000, 0]);
      const { lease } = claim;
      const keep = { keep: true, leaseMs: LEASE_MS } as const;
      const ended = {
        status: 'failed',
        error: null,
        upstreamId: 'gen-1',
        submittedAt: 1_000,
        finishedAt: null,
      } as const;

      await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
      await end(store, claim, { status: 'pending', upstreamId: 'gen-1' });
      // The first failed with a bill of its own, the second without any.
      await store.beginAttempt(lease, { ...ended, actualMicroUsd: 50_000, isByok: false }, 2, keep);
      expect(await useOf(store, made.id)).toEqual([50_000, 850_000, 0]);
      await end(store, claim, { status: 'submitting', submittedAt: 2_000 });
      await end(store, claim, { status: 'pending', upstreamId: 'gen-2' });
      await store.beginAttempt(
        lease,
        { ...ended, upstreamId: 'gen-2', actualMicroUsd: null, isByok: null },
        3,
        keep,
      );
      expect(await useOf(store, made.id)).toEqual([50_000, 850_000, 1]);
      await end(store, claim, { status: 'submitting', submittedAt: 3_000 });
      await end(store, claim, {
        status: 'completed',
        upstreamId: 'gen-3',
        actualMicroUsd: 110_000,
        isByok: false,
      });
      // What the second may have cost at most stays held; the rest of the total is free.
      expect(await useOf(store, made.id)).toEqual([160_000, 300_000, 1]);
      await expectNoDrift(store);
    });

    it.each<[how: string, settled: number, held: number, unknown: number]>([
      ['expired', 0, 300_000, 1],
      ['written_off', 300_000, 0, 0],
    ])(
      'of a fallback whose last attempt is %s without a bill counts what that attempt may have cost',
      async (how, ...use) => {
        const { store } = current();
        const made = await store.createBudget(budget(), BY);
        const fallback = { maxTotalMicroUsd: 900_000, maxAttempts: 3, highMicroUsd: 300_000, others: [] };
        const claim = await createClaim(store, order(300_000, { fallback }));
        await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
        await end(store, claim, { status: 'submission_unknown' });
        // An attempt may follow as long as this one may turn out to have failed.
        expect(await useOf(store, made.id)).toEqual([0, 900_000, 1]);
        if (how === 'expired') {
          await end(store, claim, { status: 'pending', upstreamId: 'gen-1' });
          await end(store, claim, { status: 'expired' });
          await end(store, claim, { status: 'expired' });
        } else {
          const by = { actor: 'alice', keyId: null, requestId: null, reason: 'never seen' };
          await store.resolveUnknown(claim.job.id, { action: 'write_off' }, by);
        }
        expect(await useOf(store, made.id)).toEqual(use);
        await expectNoDrift(store);
      },
    );

    it('keeps what an operator has not decided, and settles what was decided', async () => {
      const { store } = current();
      const made = await store.createBudget(budget(), BY);
      const by = { actor: 'alice', keyId: null, requestId: null, reason: 'the invoice says so' };
      const unknown = async () => {
        const claim = await createClaim(store, order(100_000));
        await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
        await end(store, claim, { status: 'submission_unknown' });
        return claim.job.id;
      };
      const [a, b] = [await unknown(), await unknown()];
      expect(await useOf(store, made.id)).toEqual([0, 200_000, 2]);
      await store.resolveUnknown(a, { action: 'not_accepted' }, by);
      expect(await useOf(store, made.id)).toEqual([0, 100_000, 1]);
      await store.resolveUnknown(b, { action: 'write_off' }, by);
      // Written off without an amount: nobody will ever know, and the most it may have cost is counted.
      expect(await useOf(store, made.id)).toEqual([100_000, 0, 0]);
      await expectNoDrift(store);
    });

    it.each([
      ['below', 30_000],
      ['above', 170_000],
      ['of nothing', 0],
    ])(
      'counts the bill of a job that was written off in place of what was held, %s it',
      async (_how, billed) => {
        const { store } = current();
        const made = await store.createBudget(budget(), BY);
        const claim = await createClaim(store, order(100_000));
        await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
        await end(store, claim, { status: 'submission_unknown' });
        await store.resolveUnknown(claim.job.id, { action: 'write_off' }, BY);
        const enter = () =>
          store.enterBill(claim.job.id, { attempt: null, microUsd: billed, isByok: null }, BY);
        expect(await enter()).toMatchObject({ kind: 'entered' });
        expect(await useOf(store, made.id)).toEqual([billed, 0, 0]);
        expect(await enter()).toMatchObject({ kind: 'known' });
        expect(await useOf(store, made.id)).toEqual([billed, 0, 0]);
        await expectNoDrift(store);
      },
    );

    it('counts no estimate of a clip that failed with a key of the provider', async () => {
      const { store } = current();
      const made = await store.createBudget(budget({ includeByok: true }), BY);
      const claim = await createClaim(store, order(400_000, { estimatedMicroUsd: 120_000 }));
      await end(store, claim, { status: 'submitting', submittedAt: 1_000 });
      await end(store, claim, { status: 'pending', upstreamId: 'gen-1' });
      await end(store, claim, { status: 'failed', actualMicroUsd: 0, isByok: true });
      expect(await useOf(store, made.id)).toEqual([0, 0, 0]);
      await expectNoDrift(store);
    });
  });

  describe('thresholds', () => {
    it('are each found once per window, by what is held and what is settled', async () => {
      const { store, passTime } = current();
      const made = await store.createBudget(
        budget({ thresholds: [0.5, 0.8, 1], limitMicroUsd: 100, period: 'day' }),
        BY,
      );
      const found = async () => (await store.claimBudgetEvents(10)).map(({ subject }) => subject).sort();
      await createClaim(store, order(49));
      expect(await found()).toEqual([]);
      await createClaim(store, order(40));
      expect(await found()).toEqual(['0.5', '0.8']);
      await createClaim(store, order(1));
      expect(await found()).toEqual([]);
      await createClaim(store, order(10));
      expect(await found()).toEqual(['1']);
      await passTime(DAY_MS);
      await createClaim(store, order(50));
      expect(await found()).toEqual(['0.5']);
      expect(made.thresholds).toEqual([0.5, 0.8, 1]);
    });
  });

  describe('an adjustment', () => {
    it('makes room in one window', async () => {
      const { store, passTime } = current();
      const daily = await store.createBudget(budget({ limitMicroUsd: 100, period: 'day' }), BY);
      const credit = { id: 'adj_1', budgetId: daily.id, microUsd: 50 };
      const once = { key: 'credit-1', bodyHash: 'a' };
      const made = { adjustment: { ...credit, reason: 'launch week', actor: 'alice' } };
      expect(await store.adjustBudget(credit, BY, once)).toMatchObject({ ...made, replayed: false });
      // Whoever lost the answer sends it again: the credit is given once.
      expect(await store.adjustBudget({ ...credit, id: 'adj_2' }, BY, once)).toMatchObject({
        ...made,
        replayed: true,
      });
      await expect(store.adjustBudget(credit, BY, { ...once, bodyHash: 'b' })).rejects.toMatchObject({
        code: 'idempotency_key_reused',
      });
      await createClaim(store, order(150));
      await passTime(DAY_MS);
      await expect(store.createJob(createIntent(order(150)), 'a', LEASE_MS)).rejects.toMatchObject({
        code: 'budget_exceeded',
      });
      await expect(
        store.adjustBudget({ ...credit, id: 'adj_3', budgetId: 'budget_none' }, BY, null),
      ).rejects.toMatchObject({ code: 'not_found' });
    });

    it('beyond what sums are exact for is refused, whole, and the budget goes on', async () => {
      const { store } = current();
      const made = await store.createBudget(budget({ limitMicroUsd: 1e15 }), BY);
      const adjust = (id: string, microUsd: number) =>
        store.adjustBudget({ id, budgetId: made.id, microUsd }, BY, { key: id, bodyHash: id });
      await adjust('adj_1', 1e15);
      await expect(adjust('adj_2', 1)).rejects.toMatchObject({ code: 'invalid_request' });
      expect((await store.getBudget(made.id))?.use.adjustmentMicroUsd).toBe(1e15);
      // Its key is free again: nothing of it was kept.
      await adjust('adj_3', -1e15);
      expect(await adjust('adj_2', 1)).toMatchObject({ replayed: false });
      await adjust('adj_4', -1e15);
      await expect(adjust('adj_5', -2)).rejects.toMatchObject({ code: 'invalid_request' });
      await createClaim(store, order(1));
      expect((await store.getBudget(made.id))?.use).toMatchObject({
        adjustmentMicroUsd: 1 - 1e15,
        heldMicroUsd: 1,
      });
    });
  });

  it('lists budgets by scope and page, and those of a caller', async () => {
    const { store } = current();
    const all = await store.createBudget(budget({ scope: ALL }), BY);
    const studio = await store.createBudget(budget(), BY);
    const key = await store.createBudget(budget({ scope: { kind: 'key', id: 'key_1' } }), BY);
    const ids = (states: readonly { readonly budget: { readonly id: string } }[]) =>
      states.map((state) => state.budget.id);
    expect(ids(await store.listBudgets({ scope: null, after: null, limit: 2 }))).toEqual([all.id, studio.id]);
    expect(ids(await store.listBudgets({ scope: null, after: studio.id, limit: 2 }))).toEqual([key.id]);
    expect(ids(await store.listBudgets({ scope: STUDIO, after: null, limit: 9 }))).toEqual([studio.id]);
    expect(ids(await store.budgetsOf('studio', 'key_1'))).toEqual([all.id, studio.id, key.id]);
    expect(ids(await store.budgetsOf('press', null))).toEqual([all.id]);
  });

  it('puts each act of an operator on record with it', async () => {
    const { store } = current();
    const { id } = await store.createBudget(budget({ limitMicroUsd: 1 }), BY);
    await store.updateBudget(id, { limitMicroUsd: 2 }, BY);
    await store.adjustBudget({ id: 'adj_1', budgetId: id, microUsd: 5 }, BY, null);
    await store.deleteBudget(id, BY);
    await store.updateBudget(id, { limitMicroUsd: 3 }, BY);
    const query = {
      since: null,
      actor: null,
      object: { kind: 'budget', id } as const,
      before: null,
      limit: 10,
    };
    const acts = await store.listAudit(query);
    expect(
      Object.fromEntries(acts.map(({ action, before, after }) => [action, { before, after }])),
    ).toMatchObject({
      create: { before: null, after: { limitMicroUsd: 1 } },
      update: { before: { limitMicroUsd: 1 }, after: { limitMicroUsd: 2 } },
      adjust: { before: { adjustmentMicroUsd: 0 }, after: { adjustmentMicroUsd: 5 } },
      delete: { before: { limitMicroUsd: 2 }, after: null },
    });
    expect(acts).toHaveLength(4);
    expect(new Set(acts.map(({ actor, requestId }) => `${actor} ${requestId}`))).toEqual(
      new Set(['alice req_1']),
    );
  });
}
