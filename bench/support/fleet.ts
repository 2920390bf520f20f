// Gateways as in production in front of the simulator, on a database of choice: for what needs more than one of them.

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../torture/database.ts';
import type { Build } from './build.ts';
import { type Child, startChild } from './child.ts';

const CLIENT_KEY = 'ck-bench-51c0a7';
export const AUTHORIZATION = `Bearer ${CLIENT_KEY}`;
const DATA = fileURLToPath(new URL('../../src/simulator/data', import.meta.url));
const PATIENCE_MS = 30_000;

export interface Server extends Child {
  readonly url: string;
  /** Bytes of memory it holds, by the operating system's count. */
  residentBytes(): Promise<number>;
}

async function startServer(
  built: Build,
  source: string,
  env: Readonly<Record<string, string>>,
  probe: string,
): Promise<Server> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = startChild(built, source, { env: { PORT: String(port), ...env } });
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    const answer = await fetch(`${url}${probe}`).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) break;
    if (Date.now() > until) throw new Error(`${source} did not come up`);
    await sleep(50);
  }
  return { ...child, url, residentBytes: async () => (await child.usage()).rssBytes };
}

/** @param timeScale 1 = the latencies of the live service. */
export function startSimulated(built: Build, timeScale: number): Promise<Server> {
  cpSync(DATA, built.pathOf('src/simulator/data'), { recursive: true });
  return startServer(
    built,
    'src/simulator/main.ts',
    { SIM_TIME_SCALE: String(timeScale), SIM_SEED: '7' },
    '/api/v1/videos/models',
  );
}

/** @param folder for the archive, shared by the replicas of one database. */
export function startGatewayOn(
  built: Build,
  options: { readonly databaseUrl: string; readonly upstreamUrl: string; readonly folder: string },
): Promise<Server> {
  mkdirSync(options.folder, { recursive: true });
  const env = {
    LOG_LEVEL: 'warn',
    OPENROUTER_API_KEY: 'sk-or-v1-bench',
    OPENROUTER_BASE_URL: `${options.upstreamUrl}/api/v1`,
    DATABASE_URL: options.databaseUrl,
    ARCHIVE_DIR: join(options.folder, 'clips'),
    CLIENT_KEYS: `bench:${createHash('sha256').update(CLIENT_KEY).digest('hex')}`,
  };
  return startServer(built, 'src/main.ts', env, '/readyz');
}

/** Buys a clip under a key of its own; resolves with the job's id. */
export async function order(gateway: Server, key: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/jobs`, {
    method: 'POST',
    headers: {
      authorization: AUTHORIZATION,
      'content-type': 'application/json',
      'idempotency-key': key,
      prefer: 'respond-async',
    },
    body: JSON.stringify({
      model: 'x-ai/grok-imagine-video',
      prompt: `${key}: a paper boat`,
      duration: 1,
      resolution: '480p',
    }),
  });
  const { id } = (await answer.json()) as { id: string };
  if (answer.status !== 202) throw new Error(`POST /jobs answered ${answer.status}`);
  return id;
}

export async function lever<T>(simulator: Server, path: string, body?: unknown): Promise<T> {
  const init =
    body === undefined
      ? {}
      : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return (await (await fetch(`${simulator.url}/_sim/${path}`, init)).json()) as T;
}
