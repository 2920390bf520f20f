// The real gateway in a process of its own: `main.ts` as it runs in production, told apart by its environment alone.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UpstreamCount } from '../upstream.ts';
import { type Build, CATALOG_FILE, MODALITIES_FILE } from './build.ts';
import { type Child, startChild, startServer } from './child.ts';

const CLIENT_KEY = 'ck-bench-51c0a7';
export const AUTHORIZATION = `Bearer ${CLIENT_KEY}`;

/** How long a gateway may take to come up, or a job to be done. */
const PATIENCE_MS = 15_000;

export interface Upstream extends Child {
  readonly port: number;
  count(): Promise<UpstreamCount>;
}

export interface BenchGateway extends Child {
  readonly url: string;
  /** Buys a clip and resolves with its job's id. */
  buy(prompt: string): Promise<string>;
  /** Resolves when the job has this status and, unless `kept` is false, its clip is in the archive. */
  settle(id: string, status: string, kept?: boolean): Promise<void>;
}

/** @param models of the recorded catalog and variants of it. */
export async function startUpstream(built: Build, clipFile: string, models = 30): Promise<Upstream> {
  const args = [CATALOG_FILE, MODALITIES_FILE, clipFile, String(models)];
  const child = await startServer(built, 'bench/upstream.ts', args);
  return {
    ...child,
    async count() {
      const answered = once(child.process, 'message');
      child.process.send('count');
      const [count] = (await answered) as [UpstreamCount];
      return count;
    },
  };
}

export interface GatewayOptions {
  readonly upstream: Upstream;
  readonly logLevel: string;
  readonly nodeOptions?: readonly string[];
  /** More of its environment, or other. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it with a store and an archive of its own, and resolves when it is ready. */
export async function startGateway(built: Build, options: GatewayOptions): Promise<BenchGateway> {
  const folder = await mkdtemp(join(built.scratch, 'gateway-'));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = startChild(built, 'src/main.ts', {
    nodeOptions: options.nodeOptions ?? [],
    env: {
      PORT: String(port),
      LOG_LEVEL: options.logLevel,
      OPENROUTER_API_KEY: 'sk-or-v1-bench',
      OPENROUTER_BASE_URL: `http://127.0.0.1:${options.upstream.port}/api/v1`,
      DATABASE_URL: `sqlite:${join(folder, 'jobs.db')}`,
      ARCHIVE_DIR: join(folder, 'clips'),
      CLIENT_KEYS: `bench:${createHash('sha256').update(CLIENT_KEY).digest('hex')}`,
      POLL_MIN_MS: '200',
      ...options.env,
    },
  });
  const headers = { authorization: AUTHORIZATION };

  const gateway: BenchGateway = {
    ...child,
    url,
    async buy(prompt) {
      const answer = await fetch(`${url}/jobs`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'google/veo-3.1-lite',
          prompt,
          duration: 4,
          resolution: '720p',
          aspect_ratio: '16:9',
        }),
      });
      if (answer.status !== 202) throw new Error(`POST /jobs answered ${answer.status}`);
      return ((await answer.json()) as { id: string }).id;
    },
    async settle(id, status, kept = true) {
      await until(`job ${id} ${status}`, async () => {
        const answer = await fetch(`${url}/jobs/${id}`, { headers });
        const job = (await answer.json()) as { status: string; outputs: { bytes: number | null }[] };
        return job.status === status && (!kept || job.outputs.every(({ bytes }) => bytes !== null));
      });
    },
  };
  try {
    await until('the gateway ready', async () => (await fetch(`${url}/readyz`)).ok);
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  return gateway;
}

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) {
    if (await holds().catch(() => false)) return;
  }
  throw new Error(`waited ${PATIENCE_MS} ms in vain for: ${what}`);
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
