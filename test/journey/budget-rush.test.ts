// Many orders at once on room for a few, through every face and in every way to order: exactly as many are bought as fit.

import { createHash } from 'node:crypto';
import { Agent, FormData, fetch, type Response } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { ERROR_CODES } from '../../src/http/server/error-codes.ts';
import { type PostgresServer, startPostgres } from '../store/postgres/postgres-server.ts';
import type { RpcAnswer, ToolProblem } from '../support/mcp.ts';
import { createFolder, envOf, openUpstream, runGateway } from './gateway-process.ts';

const OPERATOR_KEY = 'op-of-the-rush';
const MODEL = 'google/veo-3.1-lite';
const CLIP = { prompt: 'a paper boat', duration: 4, resolution: '720p', generate_audio: true };
/** What each of the orders below may cost, and is billed. */
const PRICE_USD = 0.2;
const ORDERS = 1_000;
const ROOM = 10;
const PATIENT = 60_000;

const dispatcher = new Agent({ connections: 100 });
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await dispatcher.close();
  await server.stop();
});

type Headers = Record<string, string>;
type Send = (path: string, body: object | FormData, headers?: Headers) => Promise<Response>;

const sender =
  (urlOf: () => string, key: string): Send =>
  (path, body, headers = {}) =>
    fetch(`${urlOf()}${path}`, {
      dispatcher,
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body instanceof FormData ? body : JSON.stringify(body),
    });

interface Answer {
  readonly status: number;
  text(): Promise<string>;
}

/** A tool's result, or its refusal with the status that it has elsewhere. */
async function callTool(send: Send, name: string, args: object): Promise<Answer> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
  const answer = await send('/mcp', message, { accept: 'application/json, text/event-stream' });
  const text = await answer.text();
  if (answer.status !== 200) return { status: answer.status, text: async () => text };
  const { result } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text) as RpcAnswer;
  const words = result.content[0]?.text ?? '';
  if (!result.isError) return { status: 200, text: async () => JSON.stringify(result.structuredContent) };
  const { code } = JSON.parse(words) as ToolProblem & { readonly code: ErrorCode };
  return { status: ERROR_CODES[code].status, text: async () => words };
}

/** The ways to order one clip; `nth` tells orders apart. */
const WAYS: Readonly<Record<string, (send: Send, nth: number) => Promise<Answer>>> = {
  'POST /jobs': (send) => send('/jobs', { model: MODEL, ...CLIP }),
  'with an Idempotency-Key': (send, nth) =>
    send('/jobs', { model: MODEL, ...CLIP }, { 'idempotency-key': `rush-${nth}` }),
  'with respond-async': (send) => send('/jobs', { model: MODEL, ...CLIP }, { prefer: 'respond-async' }),
  'with fallback': (send) =>
    send('/jobs', {
      ...CLIP,
      models: { allow: [MODEL] },
      fallback: { max_attempts: 2, max_total_cost_usd: PRICE_USD },
    }),
  async 'by a quote'(send, nth) {
    const route = await send('/route', { ...CLIP, models: { allow: [MODEL] } });
    const { quote } = (await route.json()) as { quote: string };
    return send(
      '/jobs',
      { ...CLIP, models: { allow: [MODEL] }, quote },
      { 'idempotency-key': `quoted-${nth}` },
    );
  },
  // Identical ones without a key would be bought one after the other.
  "OpenRouter's POST /api/v1/videos": (send, nth) =>
    send('/api/v1/videos', { model: MODEL, ...CLIP, prompt: `${CLIP.prompt} ${nth}` }),
  async 'through /mcp'(send, nth) {
    const quoted = await callTool(send, 'quote_clip', { model: MODEL, ...CLIP });
    if (quoted.status !== 200) return quoted;
    const { quote } = JSON.parse(await quoted.text()) as { quote: string };
    return callTool(send, 'buy_clip', { quote, idempotency_key: `agent-${nth}` });
  },
  "OpenAI's POST /v1/videos": (send, nth) => {
    const form = new FormData();
    const fields = { model: MODEL, prompt: `${CLIP.prompt} ${nth}`, seconds: '4', size: '1280x720' };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return send('/v1/videos', form);
  },
};
const NAMES = Object.keys(WAYS);

/** Whether an order was taken. A database that is busy says so, and the order comes again. */
async function isTaken(order: () => Promise<Answer>): Promise<boolean> {
  for (;;) {
    const answer = await order();
    const text = await answer.text();
    if (answer.status === 503) continue;
    if (![200, 202, 402].includes(answer.status)) throw new Error(`${answer.status}: ${text}`);
    return answer.status !== 402;
  }
}

it.each(['SQLite', 'PostgreSQL, two replicas'])(
  'exactly as many orders are bought as the budget has room for, on %s',
  async (store) => {
    const upstream = await openUpstream({ timeScale: 0 });
    const isShared = store !== 'SQLite';
    const env = {
      ...envOf(createFolder(), upstream.apiUrl),
      CLIENT_AUTH: 'keys',
      OPERATOR_KEYS: `ops:${createHash('sha256').update(OPERATOR_KEY).digest('hex')}`,
      ...(isShared && { DATABASE_URL: await server.createDatabase() }),
    };
    const gateways = await Promise.all((isShared ? [0, 1] : [0]).map(() => runGateway(env)));
    let asked = 0;
    const anyUrl = () => gateways[asked++ % gateways.length]?.url ?? '';
    const operator = sender(anyUrl, OPERATOR_KEY);

    /** A client with a key and room for so many orders. */
    async function openClient(client: string, room: number): Promise<{ send: Send; budgetPath: string }> {
      const made = await operator('/keys', { client });
      const { key } = (await made.json()) as { key: string };
      const scope = { kind: 'client', id: client };
      const limit = Math.round(room * PRICE_USD * 100) / 100;
      const budget = await operator('/budgets', { scope, limit_usd: limit, period: 'month' });
      return {
        send: sender(anyUrl, key),
        budgetPath: `/budgets/${((await budget.json()) as { id: string }).id}`,
      };
    }
    async function countTaken(orders: readonly (() => Promise<Answer>)[]): Promise<number> {
      const taken = await Promise.all(orders.map(isTaken));
      return taken.filter(Boolean).length;
    }

    const rush = await openClient('rush', ROOM);
    const orders = Array.from({ length: ORDERS }, (_, nth) => () => {
      const order = WAYS[NAMES[nth % NAMES.length] ?? ''];
      if (!order) throw new Error('There is no such way to order');
      return order(rush.send, nth);
    });
    expect(await countTaken(orders)).toBe(ROOM);
    const budget = await fetch(`${anyUrl()}${rush.budgetPath}`, {
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
    });
    expect(await budget.json()).toMatchObject({
      limit_usd: ROOM * PRICE_USD,
      window: { remaining_usd: 0, unknown_jobs: 0 },
    });

    // Each way for itself: none is always refused, and none is let through.
    for (const [nth, name] of NAMES.entries()) {
      const { send } = await openClient(`way-${nth}`, 1);
      const few = Array.from({ length: 8 }, (_, number) => () => {
        const order = WAYS[name];
        if (!order) throw new Error('There is no such way to order');
        return order(send, number);
      });
      expect([name, await countTaken(few)]).toEqual([name, 1]);
    }
    // Those that nobody waited for are sent a moment later.
    await expect.poll(() => upstream.ledger().length).toBe(ROOM + NAMES.length);
  },
  PATIENT,
);
