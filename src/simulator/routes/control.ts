// The simulator's own levers under /_sim/: what was bought, what time it is, and how to start over. No key needed.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ledgerEntry } from '../ledger.ts';
import { SettingsSchema } from '../settings.ts';
import type { World } from '../world.ts';

const ClockChangeSchema = z.strictObject({
  advance_ms: z.number().min(0).optional(),
  frozen: z.boolean().optional(),
});

/** A control request that makes no sense. */
export class ControlError extends Error {}

export function controlRoutes(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.get('/ledger', async () => {
      const nowMs = world.clock.nowMs();
      const data = world.jobs.all().map((job) => ledgerEntry(job, nowMs));
      return {
        data,
        totals: {
          jobs: data.length,
          billed_usd: world.account.usageUsd(),
          held_usd: world.account.heldUsd(),
        },
      };
    });
    app.post('/reset', async (_request, reply) => {
      world.reset();
      return reply.code(204).send();
    });
    app.get('/clock', async () => showClock(world));
    app.post('/clock', async (request) => {
      const change = read(ClockChangeSchema, request.body);
      if (change.frozen === true) world.clock.freeze();
      if (change.advance_ms !== undefined) world.clock.advance(change.advance_ms);
      if (change.frozen === false) world.clock.resume();
      return showClock(world);
    });
    app.get('/settings', async () => world.settings());
    app.patch('/settings', async (request) => {
      const changes = read(SettingsSchema.partial(), request.body);
      return world.changeSettings(Object.fromEntries(Object.entries(changes)));
    });
  };
}

function showClock(world: World) {
  return {
    now: new Date(world.clock.nowMs()).toISOString(),
    now_ms: world.clock.nowMs(),
    frozen: world.clock.frozen,
  };
}

function read<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ControlError(z.prettifyError(parsed.error));
  return parsed.data;
}
