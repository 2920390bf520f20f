// The gateway of src/main.ts with its parts wrapped: in fast time, and dying or pausing where its environment says.

import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { parseConfig } from '../src/config/parse.ts';
import { createGateway } from '../src/gateway/gateway.ts';
import type { JobStore } from '../src/store/ports/job-store.ts';
import { openStore } from '../src/store/sqlite/open-store.ts';
import { createArrive, type Trouble, watchRenames, watchSubmits, withFailpoints } from './failpoints.ts';
import { createFastClock, type FastTime } from './fast-clock.ts';

/** What the harness tells a replica beside its configuration, as JSON in TORTURE. */
export interface ReplicaOrders extends Trouble {
  readonly time: FastTime;
  /** How long one submit may take on the wall; leases stay longer, as `parseConfig` would see to. */
  readonly submitTimeoutMs: number;
}

/** The store's times run fast; a timer's milliseconds are the wall's. */
function onTheWall(store: JobStore, factor: number): JobStore {
  const shorten = (ms: number | null) => (ms === null ? null : ms / factor);
  return {
    ...store,
    nextDueInMs: async (exceptClients) => shorten(await store.nextDueInMs(exceptClients)),
    nextWebhookInMs: async () => shorten(await store.nextWebhookInMs()),
  };
}

async function main(): Promise<void> {
  const orders = JSON.parse(process.env['TORTURE'] ?? '') as ReplicaOrders;
  const arrive = createArrive(orders, Math.random);
  watchSubmits(arrive);
  watchRenames(arrive);
  const config = { ...parseConfig(process.env), SUBMIT_TIMEOUT_MS: orders.submitTimeoutMs };
  const log = pino({ level: config.LOG_LEVEL, base: null });
  const clock = createFastClock(orders.time);
  const store = await openStore({
    databaseUrl: config.DATABASE_URL,
    clock,
    report: (error) => log.error({ err: error }, 'the database connection failed'),
  });
  const gateway = await createGateway({
    config,
    store: withFailpoints(onTheWall(store, orders.time.factor), arrive),
    log,
    version: '0.0.0-torture',
    owner: `torture:${process.pid}:${randomUUID()}`,
    clock,
    monotonic: clock,
    random: Math.random,
  });
  await gateway.start();
  await gateway.app.listen({ host: config.HOST, port: config.PORT });
  process.send?.('listening');
}

await main();
