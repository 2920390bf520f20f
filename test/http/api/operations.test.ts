// What operators see: probes, one log line per request, an honest word while shutting down, and no inner text in a 500.

import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientPrincipal } from '../../../src/core/principal.ts';
import { type AppParts, createApp } from '../../../src/http/app.ts';
import { createContentLinks } from '../../../src/service/clips/content-links.ts';
import { octoberCatalog } from '../../support/catalogs.ts';
import { CLIP, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openSocket, sendRaw } from '../../support/raw-http.ts';

describe('a running gateway', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ background: false });
  });
  afterAll(() => gateway.close());

  it('is alive and ready without a key', async () => {
    const none = { headers: { authorization: '' } };
    expect(await (await gateway.request('/healthz', none)).json()).toEqual({ status: 'ok' });
    const ready = await gateway.request('/readyz', none);
    expect(ready.headers.get('cache-control')).toBe('no-store');
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      checks: { store: { ok: true }, catalog: { ok: true }, event_loop: { ok: true }, archive: { ok: true } },
    });
  });

  it('shows its document and its pages to anybody, and nothing else', async () => {
    const status = async (path: string) => (await fetch(`${gateway.url}${path}`)).status;
    expect(await status('/openapi.json')).toBe(200);
    expect(await status('/docs/')).toBe(200);
    for (const path of ['/models', '/jobs', '/jobs/x', '/jobs/x/content', '/models/a/b'])
      expect(await status(path)).toBe(401);
    expect((await fetch(`${gateway.url}/route`, { method: 'POST' })).status).toBe(401);
  });

  const http = (line: string, headers = '') =>
    `${line}\r\nHost: x\r\nAuthorization: Bearer ${CLIENT_KEY}\r\n${headers}\r\n`;
  const json = (path: string, body: string) =>
    `${http(`POST ${path} HTTP/1.1`, `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`)}${body}`;
  it.each<[name: string, bytes: string, line: object]>([
    [
      'a list',
      http('GET /models?seed=true HTTP/1.1'),
      { method: 'GET', route: '/models', status: 200, client: 'studio' },
    ],
    ['a 304', http('GET /models HTTP/1.1', 'If-None-Match: *\r\n'), { route: '/models', status: 304 }],
    ['a route', json('/route', '{"prompt":"x"}'), { method: 'POST', route: '/route', status: 200 }],
    ['a wrong body', json('/jobs', '{"prompt":1}'), { method: 'POST', route: '/jobs', status: 400 }],
    ['no JSON', json('/jobs', '{"prompt":'), { route: '/jobs', status: 400 }],
    ['no key', 'GET /jobs HTTP/1.1\r\nHost: x\r\n\r\n', { route: '/jobs', status: 401, client: null }],
    ['a wrong method', http('DELETE /jobs HTTP/1.1'), { method: 'DELETE', route: '/jobs', status: 405 }],
    ['an unknown path', http('GET /nope?x=1 HTTP/1.1'), { method: 'GET', route: null, status: 404 }],
    ['a bad path', http('GET /jobs/%zz HTTP/1.1'), { method: 'GET', status: 404 }],
    ['an overlong id', http(`GET /jobs/${'a'.repeat(200)} HTTP/1.1`), { method: 'GET', status: 404 }],
    ['no HTTP', 'hello\r\n\r\n', { method: null, route: null, status: 400, reason: 'HPE_INVALID_METHOD' }],
    [
      'large headers',
      http('GET /jobs HTTP/1.1', `x: ${'y'.repeat(20_000)}\r\n`),
      { method: null, status: 431 },
    ],
    ['a probe, quietly', http('GET /healthz HTTP/1.1'), { level: 20, route: '/healthz', status: 200 }],
  ])('writes one line for %s', async (_name, bytes, expected) => {
    const [answer] = await sendRaw(gateway.url, bytes);
    const id = answer?.headers.get('x-request-id') ?? 'none';
    const linesOf = () => gateway.logLines.filter((line) => line.includes(id));
    await expect.poll(linesOf).toHaveLength(1);
    expect(JSON.parse(linesOf()[0] ?? '')).toMatchObject({ reqId: id, msg: 'request', ...expected });
    // Another answer gives a late second line the time to come.
    await gateway.request('/healthz');
    expect(linesOf()).toHaveLength(1);
  });

  it('writes one line for a client that hangs up while it waits', async () => {
    const { id } = await readAs<{ id: string }>(await gateway.post('/jobs', CLIP));
    const socket = await openSocket(gateway.url);
    socket.write(http(`GET /jobs/${id} HTTP/1.1`, 'Prefer: wait=60\r\nX-Request-Id: hung-up\r\n'));
    // The long poll has begun when a request sent after it on another connection is answered.
    await gateway.request('/readyz');
    socket.destroy();
    const linesOf = () => gateway.logLines.filter((line) => line.includes('hung-up'));
    await expect.poll(linesOf).toHaveLength(1);
    expect(JSON.parse(linesOf()[0] ?? '')).toMatchObject({ route: '/jobs/:id', aborted: true });
  });

  it('says no more of an answer than its line does', async () => {
    const { id } = await readAs<{ id: string }>(await gateway.post('/jobs', CLIP));
    await gateway.request(`/jobs/${id}`, { headers: { 'x-request-id': 'all-of-it' } });
    const linesOf = () => gateway.logLines.filter((line) => line.includes('all-of-it'));
    await expect.poll(linesOf).toHaveLength(1);
    const { time, pid, hostname, ms, ...line } = JSON.parse(linesOf()[0] ?? '') as Record<string, unknown>;
    expect([time, pid, hostname, ms].map((value) => typeof value)).toEqual([
      'number',
      'number',
      'string',
      'number',
    ]);
    expect(line).toEqual({
      level: 30,
      'client.address': '127.0.0.1',
      reqId: 'all-of-it',
      method: 'GET',
      route: '/jobs/:id',
      job_id: id,
      status: 200,
      client: 'studio',
      msg: 'request',
    });
  });

  it('writes no line where the level has none', async () => {
    const quiet = await startTestGateway({ background: false, env: { LOG_LEVEL: 'warn' } });
    try {
      expect((await quiet.request('/models')).status).toBe(200);
      expect(quiet.logLines.filter((line) => line.includes('"msg":"request"'))).toEqual([]);
    } finally {
      await quiet.close();
    }
  });
});

it('lets anybody in with CLIENT_AUTH=none, and says so aloud', async () => {
  const open = await startTestGateway({ background: false, env: { CLIENT_AUTH: 'none', CLIENT_KEYS: '' } });
  try {
    expect((await open.request('/models', { headers: { authorization: '' } })).status).toBe(200);
    expect((await open.post('/jobs', CLIP, { authorization: 'Basic whatever' })).status).toBe(202);
    expect(open.logLines.filter((line) => line.includes('CLIENT_AUTH is none'))).toHaveLength(1);
  } finally {
    await open.close();
  }
});

it('shows an archive that is gone, and serves on without it', async () => {
  const gateway = await startTestGateway({ background: false });
  try {
    await rm(gateway.config.ARCHIVE_DIR, { recursive: true });
    const ready = await gateway.request('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      checks: { archive: { ok: false, detail: 'not writable (ENOENT)' } },
    });
    expect(gateway.logLines.filter((line) => line.includes('"alarm":"archive_disk"'))).toHaveLength(1);
  } finally {
    await gateway.close();
  }
});

it('answers what was on its way when it shuts down', async () => {
  const gateway = await startTestGateway({ background: false });
  const key = `Authorization: Bearer ${CLIENT_KEY}`;
  // Begun before, so that the connections are not idle and stay.
  const begin = async (path: string) => {
    const socket = await openSocket(gateway.url);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${key}\r\n`);
    return socket;
  };
  const finish = async (socket: Awaited<ReturnType<typeof begin>>) => {
    socket.write('\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  };
  const [jobs, health, ready] = [await begin('/jobs'), await begin('/healthz'), await begin('/readyz')];
  // The bytes have arrived when a request sent after them has been answered.
  await gateway.request('/healthz');
  const closed = gateway.close();
  const listens = () =>
    openSocket(gateway.url).then(
      (socket) => !!socket.destroy(),
      () => false,
    );
  await expect.poll(listens).toBe(false);
  const refused = await finish(jobs);
  expect(refused).toMatch(/^HTTP\/1\.1 503 /);
  expect(refused).toMatch(/\r\nretry-after: 1\r\n/i);
  expect(refused).toMatch(/\r\nconnection: close\r\n/i);
  expect(refused).toContain('"code":"shutting_down"');
  expect(await finish(health)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await finish(ready)).toMatch(/^HTTP\/1\.1 503 [\s\S]*"status":"not_ready"/);
  await closed;
});

describe('what should not happen', () => {
  const inner = 'inner text 5f1c';
  const fail = () => Promise.reject(new Error(inner));
  const lines: string[] = [];
  const parts: AppParts = {
    log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    traces: null,
    version: '0.0.0-test',
    trustProxy: null,
    corsOrigins: new Set(),
    feed: { follow: () => Promise.reject(new Error('no feed')) as never },
    isOpen: true,
    keys: {
      findKey: async () => null,
      peekKey: () => ({
        principal: clientPrincipal('anonymous', null),
        source: 'env',
        expiresAt: null,
        revoked: false,
      }),
      hasSeen: () => false,
    },
    sessions: {
      find: fail,
      peek: () => null,
      hasSeen: () => false,
      note: () => undefined,
      open: fail,
      end: fail,
    },
    consoleFolder: '/nowhere',
    usage: { note: () => undefined },
    failedKeys: { retryAfterS: () => 0, note: () => undefined, inTurn: (_address, attempt) => attempt() },
    rateLimiter: { admit: () => undefined, giveBack: () => undefined },
    clientAdmin: { put: fail, get: fail, list: fail, secretsOf: fail, evict: () => undefined },
    keyAdmin: { create: fail, rotate: fail, update: fail, revoke: fail, get: fail, list: fail },
    clock: Date.now,
    catalog: { get: fail, getLists: fail, peek: () => null },
    modelAliases: new Map(),
    links: createContentLinks(undefined, Date.now, { isDefault: false, lifeS: 300 }),
    publicUrl: undefined,
    resentOrders: { begin: fail },
    catalogMaxAgeS: 300,
    maxWaitS: 50,
    orders: { placeOrder: fail, planOrder: fail, quoteOrder: fail, quoteRoute: fail },
    quotedClips: { quote: fail, buy: fail },
    replay: fail,
    jobs: {
      make: fail,
      isPaused: () => false,
      findReplay: fail,
      get: fail,
      find: fail,
      bodyOf: fail,
      planOf: fail,
      callbackAttemptsOf: fail,
      waitForChange: fail,
      // biome-ignore lint/correctness/useYield: it fails before it has anything to say
      follow: async function* () {
        await fail();
      },
      list: fail,
      search: fail,
      hide: fail,
      noteEndRead: fail,
      recordOf: fail,
      recordsOf: fail,
    },
    budgets: {
      create: fail,
      list: fail,
      get: fail,
      update: fail,
      remove: fail,
      adjust: fail,
      of: fail,
      burnDown: fail,
    },
    overview: { read: fail },
    spend: { sum: fail, lines: fail as never },
    acts: { cancel: fail, erase: fail, enterBill: fail },
    archive: { open: fail },
    holds: { pause: fail, resume: fail },
    clips: { refetch: fail },
    webhooks: { receive: fail },
    audit: { list: fail },
    reconciliation: { resolve: fail, auditOf: fail },
    isDraining: () => false,
    describeSubmissions: () => 'open',
    history: { list: fail },
    pingStore: fail,
    metrics: { requestEnded: () => undefined, render: fail },
    metricsKey: null,
    servesMetrics: true,
    checkArchive: async () => ({ ok: true, detail: 'writable' }),
    loopDelayMs: () => 5,
  };
  const id = `job_${'0'.repeat(26)}`;

  it.each([
    ['GET', '/models'],
    ['GET', '/models/google/veo-3.1'],
    ['POST', '/route'],
    ['POST', '/jobs'],
    ['GET', '/jobs'],
    ['GET', `/jobs/${id}`],
    ['GET', `/jobs/${id}/content`],
  ] as const)('%s %s says internal, and the log says why under the same id', async (method, url) => {
    const app = await createApp(parts);
    const payload = method === 'POST' ? { prompt: 'x' } : undefined;
    const answer = await app.inject({ method, url, ...(payload ? { payload } : {}) });
    const problem = answer.json<ProblemAnswer>();
    expect(problem).toMatchObject({ status: 500, code: 'internal' });
    expect(answer.payload).not.toContain(inner);
    expect(JSON.stringify(answer.headers)).not.toContain(inner);
    const logged = lines.filter((line) => line.includes(problem.instance));
    expect(logged.filter((line) => line.includes(inner))).toHaveLength(1);
    expect(logged.filter((line) => line.includes('"msg":"request"'))).toHaveLength(1);
    // Each under the request id, and said once: JSON takes a name twice without a word.
    for (const line of logged) expect(line.split(`"reqId":"${problem.instance}"`)).toHaveLength(2);
    await app.close();
  });

  it("leaves a poll of OpenRouter's clients pending: an error would make them buy again", async () => {
    const app = await createApp(parts);
    const answer = await app.inject('/api/v1/videos/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB');
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { status: 'pending' }]);
    expect(answer.body).not.toContain(inner);
    await app.close();
  });

  it('is not ready while the store is away, the loop is late, or there has never been a catalog', async () => {
    const catalog = octoberCatalog();
    const view = { catalog, ageS: 1, stale: false };
    const well = {
      ...parts,
      catalog: { get: fail, getLists: fail, peek: () => view },
      pingStore: () => Promise.resolve(),
    };
    const readyz = async (changed: Partial<AppParts>) => {
      const app = await createApp({ ...well, ...changed });
      const answer = await app.inject('/readyz');
      await app.close();
      return answer;
    };
    expect((await readyz({})).statusCode).toBe(200);
    for (const [changed, check] of [
      [{ pingStore: fail }, 'store'],
      [{ loopDelayMs: () => 2000 }, 'event_loop'],
      [{ catalog: { get: fail, getLists: fail, peek: () => null } }, 'catalog'],
    ] as const) {
      const answer = await readyz(changed);
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({ status: 'not_ready', checks: { [check]: { ok: false } } });
      expect(answer.payload).not.toContain(inner);
    }
  });
});
