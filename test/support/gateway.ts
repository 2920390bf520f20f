// A whole gateway in front of a whole simulator, both on real sockets, with a store and an archive of their own.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { parseConfig } from '../../src/config/parse.ts';
import type { Config } from '../../src/config/variables.ts';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { type AnswerCheck, loadAnswerCheck } from './answer-check.ts';

export const UPSTREAM_KEY = 'sk-or-v1-canary-upstream-7f3a9';
export const CLIENT_KEY = 'ck-canary-client-51c0';
export const OPERATOR_KEY = 'ok-canary-operator-0b1e';
export const AUDITOR_KEY = 'ak-canary-auditor-2c9d';
export const OTHER_CLIENT_KEY = 'ck-canary-other-77de';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export interface TestGateway {
  readonly url: string;
  readonly gateway: Gateway;
  readonly simulator: Simulator;
  readonly config: Config;
  /** Every line logged so far. */
  readonly logLines: string[];
  /**
   * fetch on this gateway, as the first client unless the headers say otherwise.
   * Throws where the answer is not one that the OpenAPI document declares.
   */
  request(path: string, init?: RequestInit & { headers?: Record<string, string> }): Promise<Response>;
  /** POSTs JSON as the first client. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Polls once and waits for every step, as the background loop would. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly simulator?: SimulatorOptions;
  /** Variables over the defaults of a test. Empty = unset. */
  readonly env?: Readonly<Record<string, string>>;
  /** Start the background loops. Without, `tick` drives jobs and no timer runs. */
  readonly background?: boolean;
  /** Have a PUBLIC_URL, so that the simulator sends webhooks here. */
  readonly webhooks?: boolean;
  /** Reuse the folder of an earlier gateway: a restart. */
  readonly folder?: string;
  /** Certificates of hosts that clients' URLs lead to. */
  readonly trust?: readonly string[];
  /** Epoch milliseconds; without it the real time. */
  readonly clock?: () => number;
  /** Where the console was built to. */
  readonly consoleFolder?: string;
}

/** The address must be known before anybody listens there. */
async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Starts both, with upstream's clock at scale 0 unless told otherwise. Close it in `afterEach` or `afterAll`. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { clock = Date.now } = options;
  const simulator = await startSimulator({
    timeScale: 0,
    apiKey: UPSTREAM_KEY,
    allowHttpCallbacks: true,
    ...options.simulator,
  });
  const port = options.webhooks ? await findFreePort() : 0;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'clipgate-')));
  const config = parseConfig({
    OPENROUTER_API_KEY: UPSTREAM_KEY,
    OPENROUTER_BASE_URL: simulator.apiUrl,
    DATABASE_URL: `sqlite:${join(folder, 'jobs.db')}`,
    ARCHIVE_DIR: join(folder, 'clips'),
    CLIENT_KEYS: `studio:${sha256(CLIENT_KEY)},agency:${sha256(OTHER_CLIENT_KEY)}`,
    OPERATOR_KEYS: `alice:${sha256(OPERATOR_KEY)},eve:${sha256(AUDITOR_KEY)}:read`,
    LOG_LEVEL: 'trace',
    POLL_MIN_MS: '10',
    POLL_MAX_MS: '10',
    PUBLIC_URL: options.webhooks ? `http://127.0.0.1:${port}` : '',
    ...options.env,
  });
  const logLines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logLines.push(String(chunk));
      done();
    },
  });
  const store = await openSqliteStore({ file: config.DATABASE_URL.slice('sqlite:'.length), clock });
  const gateway = await createGateway({
    config,
    store,
    log: pino({ level: config.LOG_LEVEL }, sink),
    version: '0.0.0-test',
    owner: `test:${Math.random()}`,
    clock,
    monotonic: () => performance.now(),
    random: Math.random,
    ...(options.trust ? { trust: options.trust } : {}),
    ...(options.consoleFolder ? { consoleFolder: options.consoleFolder } : {}),
  });
  await gateway.start({ background: options.background ?? true });
  const url = await gateway.app.listen({ host: '127.0.0.1', port });

  const checks = new Map<string, Promise<AnswerCheck>>();
  const request: TestGateway['request'] = async (path, init = {}) => {
    const prefix = /^(\/api)?\/v1(?=\/)/.exec(path)?.[0] ?? '';
    const loading = checks.get(prefix) ?? loadAnswerCheck(url, prefix);
    checks.set(prefix, loading);
    const check = await loading;
    const headers = { authorization: `Bearer ${CLIENT_KEY}`, ...init.headers };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    // A copy is read for the check, but never of a stream that may outlast it.
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const { status, headers: answered } = response;
    const body = isJson ? await response.clone().text() : null;
    check({ method: init.method ?? 'GET', path, status, headers: answered, body });
    return response;
  };

  return {
    url,
    gateway,
    simulator,
    config,
    logLines,
    request,
    post: (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    async tick() {
      const { settled } = await gateway.poller.tick();
      await settled;
    },
    async close() {
      await gateway.close();
      await simulator.close();
      if (!options.folder) await rm(folder, { recursive: true, force: true });
    },
  };
}
