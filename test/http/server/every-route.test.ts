// Every route of every document, and the hidden ones, by every kind of caller: who is let in, and with which words not.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buy, type JobAnswer, readAs } from '../../support/clips.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

/** Whom a route is for. `own`: what it names belongs to a client. */
type Kind = 'public' | 'read' | 'write' | 'own read' | 'own write' | 'operators read' | 'operators write';

const ROUTES: Readonly<Record<string, Kind>> = {
  'GET /': 'public',
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'POST /console/session': 'public',
  'GET /console/session': 'public',
  'DELETE /console/session': 'public',
  'GET /metrics': 'operators read',
  'GET /models': 'read',
  'GET /models/{author}/{slug}': 'read',
  'GET /models/changes': 'read',
  'POST /route': 'read',
  'POST /route/replay': 'read',
  'POST /jobs/plan': 'read',
  'POST /jobs': 'write',
  'GET /jobs': 'read',
  'GET /jobs/events': 'read',
  'GET /jobs/{id}': 'own read',
  'GET /jobs/{id}/events': 'own read',
  'GET /jobs/{id}/content': 'own read',
  'HEAD /jobs/{id}/content': 'own read',
  'DELETE /jobs/{id}': 'own write',
  'POST /jobs/{id}/cancel': 'own write',
  'POST /jobs/{id}/resubmit': 'own write',
  'GET /jobs/{id}/audit': 'operators read',
  'POST /jobs/{id}/resolve': 'operators write',
  'POST /jobs/{id}/refetch': 'operators write',
  'POST /jobs/{id}/bill': 'operators write',
  'GET /spend': 'read',
  'GET /spend/export': 'read',
  'GET /overview': 'read',
  'GET /account': 'read',
  'POST /operations/pause': 'operators write',
  'POST /operations/resume': 'operators write',
  'GET /audit': 'operators read',
  'POST /keys': 'operators write',
  'GET /keys': 'operators read',
  'GET /keys/{id}': 'operators read',
  'PATCH /keys/{id}': 'operators write',
  'DELETE /keys/{id}': 'operators write',
  'POST /keys/{id}/rotate': 'operators write',
  'GET /clients': 'operators read',
  'GET /clients/{name}': 'operators read',
  'PUT /clients/{name}': 'operators write',
  'POST /budgets': 'operators write',
  'GET /budgets': 'operators read',
  'GET /budgets/{id}': 'operators read',
  'PATCH /budgets/{id}': 'operators write',
  'DELETE /budgets/{id}': 'operators write',
  'POST /budgets/{id}/adjustments': 'operators write',
  'GET /api/v1/videos/models': 'public',
  'GET /api/v1/models': 'public',
  'POST /api/v1/videos': 'write',
  'GET /api/v1/videos/{id}': 'own read',
  'GET /api/v1/videos/{id}/content': 'own read',
  'HEAD /api/v1/videos/{id}/content': 'own read',
  'GET /api/v1/key': 'read',
  'POST /v1/videos': 'write',
  'GET /v1/videos': 'read',
  'GET /v1/videos/{id}': 'own read',
  'DELETE /v1/videos/{id}': 'own write',
  'GET /v1/videos/{id}/content': 'own read',
  'HEAD /v1/videos/{id}/content': 'own read',
};

/** In no document. */
const HIDDEN: Readonly<Record<string, Kind>> = {
  'GET /docs': 'public',
  'GET /openapi.json': 'public',
  'GET /api/v1/openapi.json': 'public',
  'GET /v1/openapi.json': 'public',
  'GET /console': 'public',
  'GET /console/jobs': 'public',
  'POST /hooks/openrouter/{nonce}': 'public',
  'POST /mcp': 'read',
  'POST /v1/videos/{id}/remix': 'write',
};

/** Where a signed link to the clip lets in. */
const PLAYS = ['/jobs/{id}/content', '/api/v1/videos/{id}/content'];

const METRICS_KEY = 'mk-canary-metrics-11aa';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let gateway: TestGateway;
let now = Date.now();
/** A completed job of the first client. */
let job: JobAnswer;
let link = '';
const keys: Record<string, string> = {};
const sessions: Record<string, string> = {};

let requests = 0;
/** Each from an address of its own: wrong keys of one address are not answered for long. */
async function send(method: string, path: string, headers: Record<string, string>, body?: object) {
  requests += 1;
  const from = `10.${requests >> 16}.${(requests >> 8) & 255}.${requests & 255}`;
  const aborting = new AbortController();
  const answer = await fetch(`${gateway.url}${path}`, {
    method,
    signal: aborting.signal,
    headers: {
      'x-forwarded-for': from,
      ...(body && { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { status } = answer;
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? '' : await answer.text();
  aborting.abort();
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') === true;
  return { status, code: isProblem && text !== '' ? (JSON.parse(text) as { code: string }).code : null };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const operate = async <T>(method: string, path: string, body?: object): Promise<T> => {
  const answer = await gateway.request(path, {
    method,
    headers: { ...bearer(OPERATOR_KEY), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (answer.status === 204 ? null : await answer.json()) as T;
};
interface Made {
  readonly data: { readonly id: string };
  readonly key: string;
}
const makeKey = (more: object = {}) => operate<Made>('POST', '/keys', { client: 'studio', ...more });

async function makeJob(): Promise<JobAnswer> {
  const { id } = await buy(gateway);
  for (;;) {
    now += 1_000;
    await gateway.tick();
    const answer = await readAs<JobAnswer>(await gateway.request(`/jobs/${id}?links=signed`));
    if (answer.status === 'completed') return answer;
  }
}

async function signIn(key: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: gateway.url },
    body: JSON.stringify({ key }),
  });
  return /^[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
}

beforeAll(async () => {
  gateway = await startTestGateway({
    background: false,
    clock: () => now,
    env: { TRUST_PROXY: '127.0.0.0/8', METRICS_KEY: sha256(METRICS_KEY) },
  });
  job = await makeJob();
  link = /\?(.*)$/.exec(job.outputs[0]?.url ?? '')?.[1] ?? '';
  const made = {
    read: await makeKey({ scopes: ['read'] }),
    write: await makeKey({ scopes: ['write'] }),
    storedAuditor: await makeKey({ client: 'ada', scopes: ['auditor'] }),
    storedOperator: await makeKey({ client: 'oscar', scopes: ['operator'] }),
    expired: await makeKey({ expires_at: new Date(now + 1_000).toISOString() }),
    revoked: await makeKey(),
    replaced: await makeKey(),
  };
  for (const [name, { key }] of Object.entries(made)) keys[name] = key;
  await operate('DELETE', `/keys/${made.revoked.data.id}`);
  await operate('POST', `/keys/${made.replaced.data.id}/rotate`, { grace_s: 0 });
  now += 1_000;
  sessions['own'] = await signIn(CLIENT_KEY);
  sessions['read'] = await signIn(keys['read'] ?? '');
  sessions['operator'] = await signIn(OPERATOR_KEY);
});
afterAll(() => gateway.close());

/** The path of a request by somebody who may do what it asks, on something of its own where that would be gone after. */
async function fill(method: string, template: string, mayAct: boolean): Promise<string> {
  const destroys = mayAct && (method === 'DELETE' || template.endsWith('/rotate'));
  const id = async () => {
    if (template.startsWith('/keys')) return (await makeKey()).data.id;
    if (template.startsWith('/budgets')) {
      const scope = { kind: 'client', id: 'nobody' };
      return (await operate<{ id: string }>('POST', '/budgets', { scope, limit_usd: 1, period: 'none' })).id;
    }
    return destroys ? (await makeJob()).id : job.id;
  };
  return template
    .replace('{id}', template.includes('{id}') ? await id() : '')
    .replace('{author}/{slug}', 'google/veo-3.1-lite')
    .replace('{name}', 'studio')
    .replace('{nonce}', '0'.repeat(32));
}

/** Refused by every route that takes a body, after the caller was let in; of jobs one that is taken, so that they are looked for. */
const bodyOf = (method: string, template: string): object | undefined => {
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return undefined;
  if (template === '/mcp') return { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  return template.startsWith('/jobs/{id}') ? {} : { no_such_field: 1 };
};

type Outcome = 'in' | 401 | 'scope_missing' | 'operator_required' | 'not_found';

async function outcomeOf(
  route: string,
  headers: Record<string, string>,
  { mayAct = false, query = '' } = {},
): Promise<Outcome | number> {
  const [method = '', template = ''] = route.split(' ');
  const path = await fill(method, template, mayAct);
  const { status, code } = await send(
    method,
    `${path}${query}`,
    headers,
    template.endsWith('/cancel') ? undefined : bodyOf(method, template),
  );
  if (status === 401) return 401;
  if (status === 403) return code === null ? 403 : (code as Outcome);
  if (status === 404 && route.includes('{id}')) return 'not_found';
  return status < 500 ? 'in' : status;
}

const isOurs = (route: string) =>
  !/ \/(api\/)?v1\//.test(route) && !route.startsWith('HEAD') && !route.endsWith('/mcp');
/** The other APIs have words of their own for 403, and HEAD has none. */
const refused = (route: string, code: 'scope_missing' | 'operator_required') => (isOurs(route) ? code : 403);

const ALL = Object.entries({ ...ROUTES, ...HIDDEN });
/** What every route makes of a caller, beside what it should. */
async function compare(
  ask: (route: string) => Promise<unknown>,
  should: (kind: Kind, route: string) => unknown,
): Promise<void> {
  const seen: Record<string, unknown> = {};
  const right: Record<string, unknown> = {};
  for (const [route, kind] of ALL) {
    seen[route] = await ask(route);
    right[route] = should(kind, route);
  }
  expect(seen).toEqual(right);
}

it('knows every route of the documents', async () => {
  const found: string[] = [];
  for (const prefix of ['', '/api/v1', '/v1']) {
    const document = (await (await fetch(`${gateway.url}${prefix}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, object>>;
    };
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations)) found.push(`${method.toUpperCase()} ${path}`);
    }
  }
  expect(found.sort()).toEqual(Object.keys(ROUTES).sort());
});

describe('is refused everywhere but where no key is needed', () => {
  it.each<[string, () => Record<string, string>]>([
    ['no key', () => ({})],
    ['a key that is none', () => ({ authorization: 'Basic c3R1ZGlvOng=' })],
    ['a wrong key', () => bearer('ck-wrong')],
    ['the beginning of a key', () => bearer(CLIENT_KEY.slice(0, -1))],
    ['a key in another case', () => bearer(CLIENT_KEY.toUpperCase())],
    ['the hash of a key', () => bearer(sha256(CLIENT_KEY))],
    ['an expired key', () => bearer(keys['expired'] ?? '')],
    ['a revoked key', () => bearer(keys['revoked'] ?? '')],
    ['a key that was rotated away', () => bearer(keys['replaced'] ?? '')],
    ['the token of a session in place of a key', () => bearer(sessions['own']?.split('=')[1] ?? '')],
    ['a wrong session', () => ({ cookie: `clipgate_session=${'x'.repeat(43)}` })],
    ['a key in a cookie', () => ({ cookie: `clipgate_session=${CLIENT_KEY}` })],
  ])('%s', async (_name, headers) => {
    await compare(
      (route) => outcomeOf(route, headers()),
      (kind) => (kind === 'public' ? 'in' : 401),
    );
  });

  it('the metrics key, but for the metrics', async () => {
    await compare(
      (route) => outcomeOf(route, bearer(METRICS_KEY)),
      (kind, route) => (kind === 'public' || route === 'GET /metrics' ? 'in' : 401),
    );
  });

  it('a signed link, but for the one clip', async () => {
    await compare(
      (route) => outcomeOf(route, {}, { query: `?${link}` }),
      (kind, route) => (kind === 'public' || PLAYS.some((path) => route.endsWith(` ${path}`)) ? 'in' : 401),
    );
  });
});

describe('is let in as far as its scopes reach', () => {
  it('a key that may read', async () => {
    await compare(
      (route) => outcomeOf(route, bearer(keys['read'] ?? '')),
      (kind, route) => {
        if (kind.startsWith('operators')) return 'operator_required';
        return kind.endsWith('write') ? refused(route, 'scope_missing') : 'in';
      },
    );
  });

  it('a key that may only write', async () => {
    await compare(
      (route) => outcomeOf(route, bearer(keys['write'] ?? ''), { mayAct: true }),
      (kind, route) => {
        if (kind.startsWith('operators')) return 'operator_required';
        return kind.endsWith('read') ? refused(route, 'scope_missing') : 'in';
      },
    );
  });

  it('a client with what is its own', async () => {
    await compare(
      (route) => outcomeOf(route, bearer(CLIENT_KEY), { mayAct: true }),
      (kind) => (kind.startsWith('operators') ? 'operator_required' : 'in'),
    );
  });

  it('another client, to whom it does not exist', async () => {
    await compare(
      (route) => outcomeOf(route, bearer(OTHER_CLIENT_KEY)),
      (kind) => {
        if (kind.startsWith('operators')) return 'operator_required';
        return kind.startsWith('own') ? 'not_found' : 'in';
      },
    );
  });

  it.each([
    ['an auditor of a variable', () => AUDITOR_KEY],
    ['an auditor of the store', () => keys['storedAuditor'] ?? ''],
  ])('%s, who changes nothing', async (_name, key) => {
    await compare(
      (route) => outcomeOf(route, bearer(key())),
      (kind, route) => (kind.endsWith('write') ? refused(route, 'scope_missing') : 'in'),
    );
  });

  it.each([
    ['an operator of a variable', () => OPERATOR_KEY],
    ['an operator of the store', () => keys['storedOperator'] ?? ''],
  ])('%s', async (_name, key) => {
    await compare(
      (route) => outcomeOf(route, bearer(key()), { mayAct: true }),
      () => 'in',
    );
  });
});

describe('a session', () => {
  const cookie = (name: string, more: Record<string, string> = {}) => ({
    cookie: sessions[name] ?? '',
    ...more,
  });

  it('of a key that may read may read', async () => {
    await compare(
      (route) =>
        outcomeOf(route, route.includes('/console/session') ? {} : cookie('read', { origin: gateway.url })),
      (kind, route) => {
        if (kind.startsWith('operators')) return 'operator_required';
        return kind.endsWith('write') ? refused(route, 'scope_missing') : 'in';
      },
    );
  });

  it.each<[string, Record<string, string>]>([
    ['without an Origin', {}],
    ['from a page of another site', { origin: 'https://evil.example' }],
    ['from a sandboxed page', { origin: 'null' }],
    ['from a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['from a neighbour under the same domain', { 'sec-fetch-site': 'same-site' }],
  ])('changes nothing %s, whoever is signed in', async (_name, more) => {
    await compare(
      async (route) => {
        if (route.includes('/console/session')) return 'in';
        const outcome = await outcomeOf(route, cookie('operator', more));
        return outcome === 403 ? 'cross_origin' : outcome;
      },
      (kind, route) => {
        const isChange = !/^(GET|HEAD) /.test(route);
        return kind !== 'public' && isChange ? 'cross_origin' : 'in';
      },
    );
  });
});
