// The operations of the control API under /_sim/: schemas, documentation and handlers in one table.
import { z } from 'zod';
import { FaultRuleSchema } from '../faults/catalogue.ts';
import { LedgerEntrySchema, ledgerEntry } from '../ledger.ts';
import { SettingsChangeSchema, SettingsSchema } from '../settings.ts';
import type { World } from '../world.ts';

/** The error of an invalid request to the control API. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}

export type Operation = {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below /_sim, with parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly example?: unknown;
  /** Undefined: 204, no body. */
  readonly answer?: z.ZodType;
  /** Takes the body already parsed by `body`. @throws ControlError */
  run(call: { readonly body: unknown; readonly params: { readonly [name: string]: string } }): unknown;
};

const ClockSchema = z.object({
  now: z.iso.datetime(),
  now_ms: z.number().describe('Unix milliseconds'),
  frozen: z.boolean().describe('time moves only when it is advanced'),
});
const ClockChangeSchema = z.strictObject({
  advance_ms: z.number().min(0).optional(),
  frozen: z.boolean().optional(),
});
const RuleSchema = z.object({
  id: z.int(),
  struck: z.int().describe('how often it has applied'),
  fault: FaultRuleSchema,
});

/** Keeps a body's parser and the code that uses what it parsed together. */
function withBody<T extends z.ZodType>(
  operation: Omit<Operation, 'body' | 'run'> & { readonly body: T },
  run: (body: z.output<T>) => unknown,
): Operation {
  return { ...operation, run: ({ body }) => run(body as z.output<T>) };
}

/** @param refuse stops listening for a while; the fault `refuse` is the only one that works on no request. */
export function controlOperations(world: World, refuse: (forMs: number) => void): readonly Operation[] {
  const showClock = () => {
    const nowMs = world.clock.nowMs();
    return { now: new Date(nowMs).toISOString(), now_ms: nowMs, frozen: world.clock.frozen };
  };
  return [
    {
      id: 'readLedger',
      method: 'GET',
      path: '/ledger',
      summary: 'List every job bought since start or reset, oldest first',
      answer: z.object({
        data: z.array(LedgerEntrySchema),
        totals: z.object({
          submits: z
            .int()
            .describe('submits received with a valid key, including rejected and unanswered ones'),
          jobs: z.int(),
          billed_usd: z.number(),
          held_usd: z.number().describe('estimated cost of the running jobs'),
        }),
      }),
      run: () => {
        const nowMs = world.clock.nowMs();
        const data = world.jobs.all().map((job) => ledgerEntry(job, nowMs));
        const { account } = world;
        return {
          data,
          totals: {
            submits: world.traffic.submits,
            jobs: data.length,
            billed_usd: account.usageUsd(),
            held_usd: account.heldUsd(),
          },
        };
      },
    },
    {
      id: 'reset',
      method: 'POST',
      path: '/reset',
      summary: 'Clear jobs, scheduled webhooks, faults and changed settings',
      run: () => world.reset(),
    },
    {
      id: 'readClock',
      method: 'GET',
      path: '/clock',
      summary: 'Get the simulated time',
      answer: ClockSchema,
      run: showClock,
    },
    withBody(
      {
        id: 'moveClock',
        method: 'POST',
        path: '/clock',
        summary: 'Advance, freeze or resume the simulated time',
        body: ClockChangeSchema,
        example: { advance_ms: 120_000 },
        answer: ClockSchema,
      },
      (change) => {
        if (change.frozen === true) world.clock.freeze();
        if (change.advance_ms !== undefined) world.clock.advance(change.advance_ms);
        if (change.frozen === false) world.clock.resume();
        return showClock();
      },
    ),
    {
      id: 'readSettings',
      method: 'GET',
      path: '/settings',
      summary: 'Get the settings',
      answer: SettingsSchema,
      run: () => world.settings(),
    },
    withBody(
      {
        id: 'changeSettings',
        method: 'PATCH',
        path: '/settings',
        summary: 'Change settings; the others are unchanged',
        body: SettingsChangeSchema,
        example: { price_factors: { 'google/veo-3.1-fast': 0.4 } },
        answer: SettingsSchema,
      },
      (change) => world.changeSettings(change),
    ),
    {
      id: 'listFaults',
      method: 'GET',
      path: '/faults',
      summary: 'List fault rules, including exhausted ones',
      answer: z.object({ data: z.array(RuleSchema) }),
      run: () => ({ data: world.faults.list() }),
    },
    withBody(
      {
        id: 'addFault',
        method: 'POST',
        path: '/faults',
        summary: 'Add a fault rule for future requests',
        body: FaultRuleSchema,
        example: { fault: 'error', status: 503, when: 'after', count: 1 },
        answer: RuleSchema,
      },
      (fault) => {
        const rule = world.faults.add(fault);
        if (fault.fault === 'refuse') {
          rule.struck += 1;
          refuse(fault.for_ms);
        }
        return rule;
      },
    ),
    {
      id: 'clearFaults',
      method: 'DELETE',
      path: '/faults',
      summary: 'Remove all fault rules',
      run: () => world.faults.clear(),
    },
    {
      id: 'removeFault',
      method: 'DELETE',
      path: '/faults/:id',
      summary: 'Remove one fault rule',
      run: ({ params }) => {
        const id = params['id'] ?? '';
        if (!world.faults.remove(Number(id))) throw new ControlError(404, `no fault has the id ${id}`);
      },
    },
  ];
}
