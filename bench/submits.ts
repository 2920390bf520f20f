// What the paid path costs: `npx tsx bench/submits.ts [submits] [listeners] [takeover]`, all three where none is named.

import { mkdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../src/store/open-store.ts';
import { startPostgres } from '../test/store/postgres-server.ts';
import { type Build, build } from './support/build.ts';
import { AUTHORIZATION, lever, order, type Server, startGatewayOn, startSimulated } from './support/fleet.ts';

const SUBMITS = 3_000;
const LANES = 32;
const LISTENERS = 2_000;
const TAKEN_OVER = 40;
const MOST_WAIT_MS = 120_000;

interface Ledger {
  readonly data: readonly { readonly body: { readonly prompt: string } }[];
  readonly totals: { readonly submits: number };
}

const say = (what: string, figure: string): void => console.log(`${what.padEnd(58)} ${figure.padStart(14)}`);
const perSecond = (count: number, ms: number): string => `${Math.round((count / ms) * 1000)} /s`;
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Runs `work` for each number on a few lanes; resolves with each one's milliseconds, sorted, and those of all. */
async function onLanes(times: number, work: (number: number) => Promise<unknown>) {
  const each: number[] = [];
  let next = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let number = next++; number < times; number = next++) {
        const start = performance.now();
        await work(number);
        each.push(performance.now() - start);
      }
    }),
  );
  return { each: each.sort((a, b) => a - b), ms: performance.now() - begun };
}

async function insertBare(name: string, databaseUrl: string): Promise<void> {
  const report = (error: Error) => console.error(error);
  const store = await openStore({ databaseUrl, clock: Date.now, report });
  const { ms } = await onLanes(SUBMITS, (number) => {
    const id = `job_${String(number).padStart(26, '0')}`;
    return store.createJob(
      {
        id,
        clientId: 'bench',
        model: 'x-ai/grok-imagine-video',
        request: { model: 'x-ai/grok-imagine-video', prompt: 'a paper boat', duration: 1 },
        nonce: id.slice(-26).padStart(32, '0'),
        expectedMs: 5_000,
        estimatedMicroUsd: 50_000,
        idempotency: { key: id, bodyHash: 'a'.repeat(64) },
      },
      'bench',
      60_000,
    );
  });
  await store.close();
  say(`${name}: bare store, keyed inserts, ${LANES} at once`, perSecond(SUBMITS, ms));
}

async function measureSubmits(built: Build, name: string, newUrl: () => Promise<string>): Promise<void> {
  await insertBare(name, await newUrl());
  const simulator = await startSimulated(built, 0);
  const folder = join(built.scratch, `submits-${name}`);
  mkdirSync(folder, { recursive: true });
  const databaseUrl = await newUrl();
  const gateway = await startGatewayOn(built, { databaseUrl, upstreamUrl: simulator.url, folder });
  try {
    const { each, ms } = await onLanes(SUBMITS, (number) => order(gateway, `submit-${number}`));
    say(`${name}: POST /jobs with respond-async, ${LANES} at once`, perSecond(SUBMITS, ms));
    say(
      `${name}:   p50 / p99`,
      `${percentile(each, 0.5).toFixed(1)} / ${percentile(each, 0.99).toFixed(1)} ms`,
    );
    const begun = performance.now();
    let ledger = await lever<Ledger>(simulator, 'ledger');
    while (ledger.totals.submits < SUBMITS && performance.now() - begun < MOST_WAIT_MS) {
      await sleep(500);
      ledger = await lever<Ledger>(simulator, 'ledger');
    }
    say(`${name}:   all at upstream after another`, `${Math.round(performance.now() - begun)} ms`);
    // Whatever would be sent twice gets its chance.
    await sleep(2_000);
    const { data, totals } = await lever<Ledger>(simulator, 'ledger');
    const keys = new Set(data.map(({ body }) => body.prompt)).size;
    say(`${name}:   keys / bought / POSTs seen by upstream`, `${keys} / ${data.length} / ${totals.submits}`);
  } finally {
    await gateway.stop();
    await simulator.stop();
  }
}

/** Resolves when the stream has shown a completed job, with the time. */
function listen(gateway: Server, jobId: string, opened: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    get(
      `${gateway.url}/jobs/${jobId}/events`,
      { headers: { authorization: AUTHORIZATION }, agent: false },
      (answer) => {
        if (answer.statusCode !== 200) return reject(new Error(`events answered ${answer.statusCode}`));
        let seen = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          if (seen === '') opened();
          seen = `${seen}${text}`.slice(-20_000);
          if (/"status":"completed"/.test(seen)) resolve(performance.now());
        });
        answer.on('error', reject);
      },
    ).on('error', reject);
  });
}

async function measureListeners(built: Build): Promise<void> {
  const simulator = await startSimulated(built, 1);
  const folder = join(built.scratch, 'listeners');
  const databaseUrl = `sqlite:${join(folder, 'clipgate.db')}`;
  const gateway = await startGatewayOn(built, { databaseUrl, upstreamUrl: simulator.url, folder });
  try {
    await lever(simulator, 'faults', { fault: 'latency', seconds: 3_600 });
    const jobId = await order(gateway, 'listened-to');
    const before = await gateway.residentBytes();
    let open = 0;
    const ends = Array.from({ length: LISTENERS }, () =>
      listen(gateway, jobId, () => {
        open += 1;
      }),
    );
    for (const until = Date.now() + 60_000; open < LISTENERS && Date.now() < until; ) await sleep(50);
    say('event streams open', String(open));
    say('  memory each', `${(((await gateway.residentBytes()) - before) / open / 1024).toFixed(1)} kB`);
    await lever(simulator, 'clock', { advance_ms: 3_700_000 });
    const times = (await Promise.all(ends)).sort((a, b) => a - b);
    const first = times[0] ?? 0;
    say('  from the first told to the last', `${((times.at(-1) ?? 0) - first).toFixed(0)} ms`);
    say('  memory then', `${((await gateway.residentBytes()) / 1e6).toFixed(0)} MB`);
  } finally {
    await gateway.stop();
    await simulator.stop();
  }
}

async function measureTakeover(built: Build, newUrl: () => Promise<string>): Promise<void> {
  const simulator = await startSimulated(built, 1);
  const folder = join(built.scratch, 'takeover');
  const databaseUrl = await newUrl();
  const options = { databaseUrl, upstreamUrl: simulator.url, folder };
  const dying = await startGatewayOn(built, options);
  const survivor = await startGatewayOn(built, options);
  try {
    await lever(simulator, 'faults', { fault: 'latency', seconds: 8 });
    const ids = await Promise.all(
      Array.from({ length: TAKEN_OVER }, (_, number) => order(dying, `taken-${number}`)),
    );
    await sleep(6_000);
    dying.process.kill('SIGKILL');
    const killed = performance.now();
    const waits: number[] = [];
    for (const open = new Set(ids); open.size > 0 && performance.now() - killed < 200_000; await sleep(250)) {
      for (const id of open) {
        const answer = await fetch(`${survivor.url}/jobs/${id}`, {
          headers: { authorization: AUTHORIZATION },
        });
        if (((await answer.json()) as { status: string }).status !== 'completed') continue;
        open.delete(id);
        waits.push((performance.now() - killed) / 1000);
      }
    }
    say('jobs of a killed replica finished by the other', `${waits.length} of ${TAKEN_OVER}`);
    say(
      '  first / median / last after the kill',
      `${waits[0]?.toFixed(1)} / ${percentile(waits, 0.5).toFixed(1)} / ${waits.at(-1)?.toFixed(1)} s`,
    );
  } finally {
    await survivor.stop();
    await dying.stop();
    await simulator.stop();
  }
}

const wanted = process.argv.slice(2);
const isWanted = (part: string): boolean => wanted.length === 0 || wanted.includes(part);
const built = await build();
const postgres = await startPostgres();
try {
  let files = 0;
  const newFile = async () => `sqlite:${join(built.scratch, `store-${files++}.db`)}`;
  if (isWanted('submits')) await measureSubmits(built, 'sqlite', newFile);
  if (isWanted('submits')) await measureSubmits(built, 'postgres', () => postgres.createDatabase());
  if (isWanted('listeners')) await measureListeners(built);
  if (isWanted('takeover')) await measureTakeover(built, () => postgres.createDatabase());
} finally {
  await postgres.stop();
  await built.remove();
}
