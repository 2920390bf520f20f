// Everything a run needs, up and joined: upstream, database, replicas, the balancer for webhooks; and all of it gone afterwards.

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '../src/simulator/index.ts';
import { createRandomSource, type RandomSource } from '../src/simulator/random.ts';
import { mountTinyDisk, type TinyDisk } from '../test/support/tiny-disk.ts';
import { type Balancer, openBalancer } from './balancer.ts';
import type { Build } from './build.ts';
import { type Database, findFreePort, startDatabase } from './database.ts';
import type { Trouble } from './failpoints.ts';
import { createFastClock, type FastTime } from './fast-clock.ts';
import { openFront } from './front.ts';
import type { ReplicaOrders } from './gateway-main.ts';
import { type Replica, startReplica } from './replica.ts';
import { openShop, type Shop } from './shop.ts';
import { createSigning } from './signing.ts';

export type StackName = 'sqlite' | 'postgres';

export interface StageOptions {
  readonly stack: StackName;
  readonly seed: number;
  readonly build: Build;
  /** The program that is tried; `torture/gateway-main.ts` unless something else is to be shown guilty. */
  readonly entry?: string;
  readonly trouble?: Trouble;
  /** Without, no webhook is ever sent. */
  readonly webhooks?: boolean;
}

export interface Stage {
  readonly options: StageOptions;
  readonly randomFor: RandomSource;
  readonly simulator: Simulator;
  readonly replicas: readonly Replica[];
  /** Null on SQLite. */
  readonly database: Database | null;
  /** What SQLite's file lies on; null on PostgreSQL, and where none can be mounted. */
  readonly disk: TinyDisk | null;
  readonly shop: Shop;
  /** What clients without idempotency keys talk through. */
  readonly balancer: Balancer;
  readonly databaseUrl: string;
  /** What is gone after the run. */
  readonly folder: string;
  /** Whether the database may be read from outside. */
  areBooksShut(): boolean;
  /** Keeps others from reading the database from outside while its file is replaced. */
  withBooksShut(work: () => Promise<void>): Promise<void>;
  /** Fast time, epoch milliseconds: that of every process here. */
  readonly clock: () => number;
  /** What every replica is told at its next start. */
  instruct(trouble: Trouble): void;
  /** The replicas' logs. */
  readonly logFile: string;
  close(): Promise<void>;
}

export const NO_TROUBLE: Trouble = { killAt: null, pauses: null };
export const CLIENTS = ['studio', 'agency', 'press'] as const;
/** Named as a client of the shop, whose key is an operator's. */
export const OPERATOR = 'ops';

/** Two minutes of a lease take four seconds. */
const SPEED = 30;
const SUBMIT_TIMEOUT_MS = 1_000;
// Room for many minutes of orders.
const DISK_MB = 256;
export const UPSTREAM_KEY = 'sk-or-v1-torture';
export const WEBHOOK_SECRET = 'whsec-torture-upstream';
// The simulator's alarms are set by the wall: this rings those that fast time has made due.
const RING_MS = 10;
const BOOKS_READ_MS = 100;

export const secretOf = (client: string): string => `ck-torture-${client}`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export async function openStage(options: StageOptions): Promise<Stage> {
  const { stack, seed, build } = options;
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-torture-'));
  // PostgreSQL's own user passes through it to its data.
  chmodSync(folder, 0o711);
  const randomFor = createRandomSource(seed);
  const time: FastTime = { epochMs: Date.now(), factor: SPEED };
  const clock = createFastClock(time);
  const ending: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ending.reverse().splice(0)) await end();
  };

  try {
    const simulator = await startSimulator({
      seed,
      clock,
      apiKey: UPSTREAM_KEY,
      webhookSecret: WEBHOOK_SECRET,
      allowHttpCallbacks: true,
      settings: { credits_usd: 1e9 },
    });
    ending.push(() => simulator.close());
    const ringing = setInterval(() => simulator.advance(0), RING_MS);
    ending.push(() => clearInterval(ringing));

    const database = stack === 'postgres' ? await startDatabase(join(folder, 'postgres'), time) : null;
    if (database) ending.push(() => database.stop());
    // Removed before the folder, and after the replicas have ended.
    const disk = database ? null : mountTinyDisk(DISK_MB);
    if (disk) ending.push(() => disk.remove());
    const databaseUrl = database?.url ?? `sqlite:${join(disk?.folder ?? folder, 'clipgate.db')}`;
    const frontPort = await findFreePort();
    mkdirSync(join(folder, 'clips'), { recursive: true });

    const envFor = (trouble: Trouble) => ({
      OPENROUTER_API_KEY: UPSTREAM_KEY,
      OPENROUTER_BASE_URL: simulator.apiUrl,
      OPENROUTER_WEBHOOK_SECRET: WEBHOOK_SECRET,
      PUBLIC_URL: (options.webhooks ?? true) ? `http://127.0.0.1:${frontPort}` : '',
      DATABASE_URL: databaseUrl,
      ARCHIVE_DIR: join(folder, 'clips'),
      CLIENT_KEYS: CLIENTS.map((client) => `${client}:${sha256(secretOf(client))}`).join(','),
      OPERATOR_KEYS: `${OPERATOR}:${sha256(secretOf(OPERATOR))}`,
      CATALOG_MAX_AGE_S: '86400',
      LOG_LEVEL: 'warn',
      TORTURE: JSON.stringify({
        ...trouble,
        time,
        submitTimeoutMs: SUBMIT_TIMEOUT_MS,
      } satisfies ReplicaOrders),
    });
    const logFile = join(folder, 'replicas.log');
    const replicas: Replica[] = [];
    for (let number = 0; number < (database ? 2 : 1); number++) {
      const replica = startReplica({
        file: build.pathOf(options.entry ?? 'torture/gateway-main.ts'),
        port: await findFreePort(),
        env: envFor(options.trouble ?? NO_TROUBLE),
        logFile,
      });
      replicas.push(replica);
      ending.push(() => replica.stop());
    }
    const front = await openFront(frontPort, replicas, createSigning(WEBHOOK_SECRET, clock));
    ending.push(() => front.close());
    const balancer = await openBalancer(replicas, randomFor('balancer'));
    ending.push(() => balancer.close());
    await Promise.all(replicas.map((replica) => replica.listening()));

    let shut = false;
    return {
      folder,
      areBooksShut: () => shut,
      async withBooksShut(work) {
        shut = true;
        // One that has begun to read is through with it by then.
        await new Promise((resolve) => setTimeout(resolve, BOOKS_READ_MS));
        await work().finally(() => {
          shut = false;
        });
      },
      options,
      randomFor,
      simulator,
      replicas,
      database,
      disk,
      clock,
      databaseUrl,
      balancer,
      shop: openShop(replicas, secretOf, randomFor('shop')),
      instruct(trouble) {
        for (const replica of replicas) replica.reconfigure(envFor(trouble));
      },
      logFile,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
