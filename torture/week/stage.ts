// What a week runs on: upstream, a bucket, a disk that can be filled, and one gateway after another, all on one stepped clock.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { parseConfig } from '../../src/config/parse.ts';
import type { Config } from '../../src/config/variables.ts';
import { createSecret, type Secret } from '../../src/core/secret.ts';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { createRandomSource, type RandomSource } from '../../src/simulator/random.ts';
import type { JobStore } from '../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { type S3Server, startS3Server } from '../../test/support/s3-server.ts';
import { mountTinyDisk, type TinyDisk } from '../../test/support/tiny-disk.ts';
import { WEEK_CLIENTS, type WeekClient } from './calendar.ts';
import { readExposition, type Samples } from './exposition.ts';

/** An alarm as it was logged. */
export interface RaisedAlarm {
  readonly alarm: string;
  readonly at: number;
}

/** The line of a job's end. */
export interface EndLine {
  readonly jobId: string;
  readonly billedUsd: number | null;
}

/** One gateway process's life. */
export interface Life {
  readonly gateway: Gateway;
  readonly url: string;
}

export interface WeekStageOptions {
  readonly seed: number;
  readonly startMs: number;
  /** How large the disk of the database is. */
  readonly diskMb: number;
  /** For planting a fault. */
  readonly wrapStore?: (store: JobStore) => JobStore;
}

export interface WeekStage {
  readonly randomFor: RandomSource;
  readonly simulator: Simulator;
  readonly bucket: S3Server;
  /** Null where none can be mounted. */
  readonly disk: TinyDisk | null;
  readonly config: Config;
  readonly databaseFile: string;
  /** A file for a backup, on another disk. */
  readonly backupFile: string;
  readonly alarms: readonly RaisedAlarm[];
  readonly ends: readonly EndLine[];
  /** Epoch milliseconds of the week: the wall's pace, and jumps. */
  readonly clock: () => number;
  jumpTo(at: number): void;
  /** False: upstream no longer knows the key that the gateway has. */
  setKeyGood(isGood: boolean): void;
  life(): Life;
  /** @throws where the database is damaged. */
  begin(): Promise<void>;
  /** Ends the present life; its counters are added to those of the lives before. */
  end(): Promise<void>;
  scrape(): Promise<Samples>;
  /** Counters of all lives, the present one as it was scraped last. */
  counters(): Promise<Map<string, number>>;
  request(client: WeekClient | 'operator', path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/**
 * So small that a submit is answered within a millisecond: its three seconds are the wall's, and a week has none to
 * spare. What a job takes is drawn by the calendar.
 */
export const TIME_SCALE = 1e-4;
const UPSTREAM_KEY = 'sk-or-week';
/** The simulator refuses keys that begin like this. */
const REVOKED_KEY = 'sk-or-bad-week';
const secretOf = (name: string): string => `ck-week-${name}`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export async function openWeekStage(options: WeekStageOptions): Promise<WeekStage> {
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-week-'));
  const randomFor = createRandomSource(options.seed);
  let offsetMs = options.startMs - performance.now();
  const clock = () => Math.floor(offsetMs + performance.now());
  const disk = mountTinyDisk(options.diskMb);
  const simulator = await startSimulator({
    seed: options.seed,
    clock,
    timeScale: TIME_SCALE,
    settings: { credits_usd: 1e9 },
  });
  const bucket = await startS3Server(clock);
  const databaseFile = join(disk?.folder ?? folder, 'clipgate.db');
  const config = parseConfig({
    OPENROUTER_API_KEY: UPSTREAM_KEY,
    OPENROUTER_BASE_URL: simulator.apiUrl,
    DATABASE_URL: `sqlite:${databaseFile}`,
    ARCHIVE_DIR: join(folder, 'spool'),
    ARCHIVE_URL: `s3://${bucket.bucket}/week?region=${bucket.region}&endpoint=${bucket.origin}`,
    AWS_ACCESS_KEY_ID: bucket.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bucket.secretAccessKey,
    CLIENT_KEYS: WEEK_CLIENTS.map((client) => `${client}:${sha256(secretOf(client))}`).join(','),
    OPERATOR_KEYS: `operator:${sha256(secretOf('operator'))}`,
    POLL_MIN_MS: '10000',
    POLL_MAX_MS: '60000',
    LOG_LEVEL: 'info',
  });

  const alarms: RaisedAlarm[] = [];
  const ends: EndLine[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      const line = String(chunk);
      if (line.includes('"alarm":')) {
        alarms.push({ alarm: (JSON.parse(line) as { alarm: string }).alarm, at: clock() });
      } else if (line.includes('"a job ended"')) {
        const { job_id, billed_usd } = JSON.parse(line) as { job_id: string; billed_usd: number | null };
        ends.push({ jobId: job_id, billedUsd: billed_usd });
      }
      done();
    },
  });

  let apiKey: Secret = createSecret(UPSTREAM_KEY);
  let life: Life | null = null;
  let lives = 0;
  const counted = new Map<string, number>();

  const present = (): Life => {
    if (!life) throw new Error('No gateway runs');
    return life;
  };

  const request: WeekStage['request'] = (client, path, init = {}) =>
    fetch(`${present().url}${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${secretOf(client)}`,
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...(init.headers as Record<string, string> | undefined),
      },
    });

  async function scrape(): Promise<Samples> {
    const answer = await request('operator', '/metrics');
    if (answer.status !== 200) throw new Error(`GET /metrics answered ${answer.status}`);
    return readExposition(await answer.text());
  }

  const addTo = (sums: Map<string, number>, samples: Samples) => {
    for (const [series, value] of samples) {
      if (/^clipgate_\w+_total(\{|$)/.test(series)) sums.set(series, (sums.get(series) ?? 0) + value);
    }
  };

  const stage: WeekStage = {
    randomFor,
    simulator,
    bucket,
    disk,
    config,
    databaseFile,
    backupFile: join(folder, 'clipgate.backup'),
    alarms,
    ends,
    clock,
    jumpTo(at) {
      offsetMs += Math.max(0, at - clock());
      // The simulator's own timers are the wall's.
      simulator.advance(0);
    },
    setKeyGood(isGood) {
      apiKey = createSecret(isGood ? UPSTREAM_KEY : REVOKED_KEY);
    },
    life: present,
    async begin() {
      const store = await openSqliteStore({ file: databaseFile, clock });
      lives += 1;
      const random = randomFor(`gateway/${lives}`);
      const gateway = await createGateway({
        config,
        store: options.wrapStore?.(store) ?? store,
        log: pino({ level: config.LOG_LEVEL, base: null }, sink),
        version: '0.0.0-week',
        owner: `week:${lives}`,
        clock,
        monotonic: clock,
        random,
        apiKey: () => apiKey,
      });
      // Loops that wait by the wall would sleep through the week: the run drives each step itself.
      await gateway.start({ background: false });
      life = { gateway, url: await gateway.app.listen({ host: '127.0.0.1', port: 0 }) };
    },
    async end() {
      addTo(counted, await scrape());
      const { gateway } = present();
      life = null;
      await gateway.close();
    },
    scrape,
    async counters() {
      const sums = new Map(counted);
      addTo(sums, await scrape());
      return sums;
    },
    request,
    async close() {
      await life?.gateway.close();
      await simulator.close();
      await bucket.close();
      disk?.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return stage;
}
