// From the oldest version that this one can run beside, replica by replica under load, and back: no request is lost and
// no order is bought twice.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/store/migrations/migrations.ts';
import { createFolder, DEADLINE, envOf, openUpstream, runGateway } from '../journey/gateway-process.ts';
import { type PostgresServer, startPostgres } from '../store/postgres/postgres-server.ts';
import { findFreePorts, findNginx, startNginx } from '../support/nginx.ts';
import { runProgram } from '../support/program.ts';

/** The last one with schema version 9, which moved bodies and no older version can read. */
const OLD_VERSION = 'ca1ed37';
const OLD_SCHEMA = 9;
const PATIENT = { timeout: 240_000 };
const OPERATOR = 'ok-rolling';
const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4, resolution: '720p' };
const CLIENTS = 4;

const git = (...args: string[]) => spawnSync('git', args, { encoding: 'utf8' });
const hasOldVersion = git('cat-file', '-e', `${OLD_VERSION}^{commit}`).status === 0;
if (!hasOldVersion)
  process.stderr.write(`skipped: the history of this clone does not reach ${OLD_VERSION}\n`);
const canRun = findNginx() && hasOldVersion;

/** Its sources, with the packages of this version. */
function checkOut(commit: string): string {
  const folder = createFolder();
  const tar = execFileSync('git', ['archive', commit, 'src', 'package.json', 'tsconfig.json'], {
    maxBuffer: 2 ** 30,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: tar });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return join(folder, 'src/main.ts');
}

it('every migration since says that the old version may go on', () => {
  const since = MIGRATIONS.filter(({ version }) => version > OLD_SCHEMA);
  expect(since.length).toBeGreaterThan(0);
  expect(since.filter(({ minReader }) => minReader !== OLD_SCHEMA)).toEqual([]);
});

/** Lines that say why a request failed. */
const failuresOf = (output: string) =>
  output
    .split('\n')
    .filter((line) => line.includes('"level":50'))
    .slice(0, 5)
    .join('\n');

let server: PostgresServer;
beforeAll(async () => {
  if (canRun) server = await startPostgres();
});
afterAll(() => server?.stop());

it.skipIf(!canRun)('loses no request and buys nothing twice, there and back', PATIENT, async () => {
  const upstream = await openUpstream({ timeScale: 0 });
  const folder = createFolder();
  const old = checkOut(OLD_VERSION);
  const [one = 0, other = 0, front = 0] = await findFreePorts(3);
  const ports = [one, other];
  const env = {
    ...envOf(folder, upstream.apiUrl),
    DATABASE_URL: await server.createDatabase(),
    OPERATOR_KEYS: `ops:${createHash('sha256').update(OPERATOR).digest('hex')}`,
    DRAIN_DELAY_MS: '1000',
    POLL_MIN_MS: '500',
    POLL_MAX_MS: '500',
    LOG_LEVEL: 'info',
  };
  const start = (index: number, main?: string) => runGateway({ ...env, PORT: String(ports[index]) }, main);
  const replicas = await Promise.all([start(0, old), start(1, old)]);
  const url = await startNginx(folder, ports, front);
  /** As a deployment does: ends one, and starts the other version at its address. */
  const replace = async (index: 0 | 1, main?: string) => {
    replicas[index]?.signal('SIGTERM');
    expect(await replicas[index]?.exit()).toBe(0);
    replicas[index] = await start(index, main);
  };

  let isRolling = true;
  let sent = 0;
  const keys: string[] = [];
  const lost: string[] = [];
  const send = async (number: number): Promise<void> => {
    const key = `order-${number}`;
    const [path, body] = [
      ['/jobs', { ...CLIP, prompt: `${key}: a paper boat` }],
      ['/route', { prompt: 'a paper boat' }],
      ['/jobs?limit=1', null],
      ['/models', null],
    ][number % 4] as [string, object | null];
    if (path === '/jobs') keys.push(key);
    const answer = await fetch(`${url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', ...(path === '/jobs' && { 'idempotency-key': key }) },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => String(error));
    if (typeof answer === 'string') lost.push(`${path}: ${answer}`);
    else if (!answer.ok) lost.push(`${path}: ${answer.status} ${await answer.text()}`);
    else await answer.arrayBuffer();
  };
  const clients = Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (isRolling) await send(sent++);
    }),
  );
  const asked = () => sent;
  const more = async (count: number) => {
    const from = asked();
    await expect.poll(asked, DEADLINE).toBeGreaterThan(from + count);
  };

  await more(50);
  // The first new one migrates the database while the old one serves.
  await replace(0);
  await more(50);
  await replace(1);
  await more(50);
  const versions = await server.query<{ version: string }>(
    env.DATABASE_URL,
    'select max(version) as version from schema_migrations',
  );
  expect(Number(versions[0]?.version)).toBe(MIGRATIONS.at(-1)?.version);
  await replace(1, old);
  await more(50);
  await replace(0, old);
  await more(50);
  isRolling = false;
  await clients;

  expect(lost.slice(0, 10), replicas.map((replica) => failuresOf(replica.output())).join('\n')).toEqual([]);
  const bought = upstream
    .ledger()
    .map(({ body }) => String((body as { prompt: string }).prompt).split(':')[0]);
  expect([...bought].sort()).toEqual([...keys].sort());
  const read = async <T>(path: string, from = url) =>
    (await (await fetch(`${from}${path}`, { headers: { authorization: `Bearer ${OPERATOR}` } })).json()) as T;
  for (const status of ['queued', 'submitting', 'pending', 'in_progress', 'submission_unknown']) {
    const open = () =>
      read<{ data: unknown[] }>(`/jobs?status=${status}&limit=1`).then(({ data }) => data.length);
    await expect.poll(open, DEADLINE).toBe(0);
  }

  // What the old replicas bought has no line in the ledger of attempts until the sums are made anew.
  const rebuild = runProgram('src/main.ts', env, ['spend', 'rebuild']);
  expect(await rebuild.exit(), rebuild.output()).toBe(0);
  await replace(0);
  const { total } = await read<{ total: { billed_usd: number; jobs: number } }>('/spend', replicas[0]?.url);
  const billed = upstream.ledger().reduce((sum, { billed_usd }) => sum + (billed_usd ?? 0), 0);
  expect(total.jobs).toBe(keys.length);
  expect(total.billed_usd).toBeCloseTo(billed, 6);
  process.stderr.write(`${sent} requests, ${keys.length} orders\n`);
});
