// Wrong messages to POST /mcp: of the protocol, of a tool, of a quote; none a 5xx, and none of them buys anything.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';
import { ask, type RpcAnswer, refusalOf, request, sendMessage } from '../../support/mcp.ts';

let gateway: TestGateway;
let offsetMs = 0;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false, clock: () => Date.now() + offsetMs });
});
afterAll(async () => {
  expect(gateway.simulator.submits()).toBe(0);
  const lines = gateway.logLines.map((line) => JSON.parse(line) as { level: number; status?: number });
  expect(lines.filter(({ level, status = 0 }) => level >= 50 || status >= 500)).toEqual([]);
  await gateway.close();
});

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4 };
const KEY = { authorization: `Bearer ${CLIENT_KEY}` };
const call = (name: unknown, args: unknown = {}) => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name, arguments: args },
});
const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };

/** An error of the protocol, which says nothing that only this gateway's logs should. */
function expectError(answer: RpcAnswer): RpcAnswer['error'] {
  expect(answer.headers.get('content-type')).toMatch(/^(application\/json|text\/event-stream)/);
  expect(answer.error.message).not.toMatch(/undefined|NaN|\[object|node_modules|at .*:\d+:\d+/);
  expect(answer.error.code).toBeTypeOf('number');
  expect(answer.result).toBeUndefined();
  return answer.error;
}

describe('a body that is no message', () => {
  it.each<[string, string | null, Record<string, string>, number, number]>([
    ['no body', null, {}, 400, -32700],
    ['an empty body', '', {}, 400, -32700],
    ['null', 'null', {}, 400, -32700],
    ['half an object', '{"jsonrpc":', {}, 400, -32700],
    ['a duplicate key', '{"jsonrpc":"2.0","jsonrpc":"2.0"}', {}, 400, -32700],
    ['a text', '"tools/list"', {}, 400, -32600],
    ['an empty object', '{}', {}, 400, -32600],
    ['an empty batch', '[]', {}, 400, -32600],
    ['a batch, which would pass by the limits of requests', JSON.stringify([LIST, LIST]), {}, 400, -32600],
    ['another version of JSON-RPC', JSON.stringify({ ...LIST, jsonrpc: '1.0' }), {}, 400, -32600],
    ['no method', JSON.stringify({ ...LIST, method: undefined }), {}, 400, -32600],
    ['a method that is a number', JSON.stringify({ ...LIST, method: 7 }), {}, 400, -32600],
    ['an id that is null', JSON.stringify({ ...LIST, id: null }), {}, 400, -32600],
    ['an id that is an object', JSON.stringify({ ...LIST, id: {} }), {}, 400, -32600],
    ['params that are a list', JSON.stringify({ ...LIST, params: [] }), {}, 400, -32602],
    ['an answer, which was not asked for', '{"jsonrpc":"2.0","id":1,"result":{}}', {}, 400, -32600],
    [
      'a forbidden name',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"__proto__":1}}',
      {},
      400,
      -32602,
    ],
    ['half a surrogate pair', String.raw`{"jsonrpc":"2.0","id":1,"method":"\ud800"}`, {}, 400, -32600],
    ['plain text', JSON.stringify(LIST), { 'content-type': 'text/plain' }, 415, -32000],
    ['a compressed body', JSON.stringify(LIST), { 'content-encoding': 'gzip' }, 415, -32000],
    ['a body above 4 MB', ' '.repeat(4 * 1024 * 1024 + 1), {}, 413, -32000],
    ['no key', JSON.stringify(LIST), { authorization: '' }, 401, -32000],
    ['a wrong key', JSON.stringify(LIST), { authorization: 'Bearer guess' }, 401, -32000],
    ['the page of another site', JSON.stringify(LIST), { origin: 'https://evil.example' }, 403, -32000],
    ['a page of no origin', JSON.stringify(LIST), { origin: 'null' }, 403, -32000],
    [
      'a page by a name that ends like ours',
      JSON.stringify(LIST),
      { origin: 'http://notlocalhost' },
      403,
      -32000,
    ],
    ['no answer that it takes', JSON.stringify(LIST), { accept: 'text/html' }, 406, -32000],
    ['an unknown protocol', JSON.stringify(LIST), { 'mcp-protocol-version': '1999-01-01' }, 400, -32000],
  ])('%s', async (_name, body, headers, status, code) => {
    const answer = await sendMessage(gateway, body, headers);
    expect([answer.status, expectError(answer).code]).toEqual([status, code]);
  });

  it.each(['GET', 'DELETE', 'PUT', 'OPTIONS'])('%s', async (method) => {
    const answer = await fetch(`${gateway.url}/mcp`, { method, headers: KEY });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
  });
});

it('a URL below', async () => {
  const answer = await fetch(`${gateway.url}/mcp/tools`, { method: 'POST', headers: KEY });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { data: { code: 'not_found' } } });
});

describe('a message that asks for what is not there', () => {
  it.each<[string, object, number]>([
    ['an unknown method', { method: 'tools/buy' }, -32601],
    ['a method without a body of its own', { method: 'resources/list' }, -32601],
    ['prompts', { method: 'prompts/get', params: { name: 'x' } }, -32601],
    ['completions', { method: 'completion/complete', params: {} }, -32601],
    ['a subscription', { method: 'subscriptions/listen', params: { notifications: {} } }, -32601],
    ['no tool', { method: 'tools/call', params: {} }, -32602],
    ['an unknown tool', { method: 'tools/call', params: { name: 'buy' } }, -32602],
    [
      'a tool by the name of a method of objects',
      { method: 'tools/call', params: { name: 'toString' } },
      -32602,
    ],
    ['a tool that is a number', { method: 'tools/call', params: { name: 7 } }, -32602],
    ['arguments that are a list', call('list_models', []), -32602],
    ['arguments that are a text', call('list_models', 'all'), -32602],
    ['no version to begin with', { method: 'initialize', params: {} }, -32602],
  ])('%s', async (_name, message, code) => {
    const answer = await sendMessage(gateway, JSON.stringify({ jsonrpc: '2.0', id: 7, ...message }));
    expect(answer.status).toBeLessThan(500);
    expect(expectError(answer).code).toBe(code);
    expect(answer.id).toBe(7);
  });

  it('a subscription of the newest protocol', async () => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
    const params = { _meta, notifications: { toolsListChanged: true } };
    const answer = await request(gateway, 'subscriptions/listen', params, headers);
    expect(answer.status).toBeLessThan(500);
    expectError(answer);
  });
});

const QUOTE = 'quote_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB';
const JOB = 'job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB';
const FRAME = {
  type: 'image_url',
  image_url: { url: 'https://example.com/a.png' },
  frame_type: 'first_frame',
};

describe('a tool refuses', () => {
  it.each<[string, string, object, string, RegExp]>([
    ['no prompt', 'quote_clip', { ...CLIP, prompt: undefined }, 'invalid_request', /prompt is required/],
    [
      'a prompt that is null',
      'quote_clip',
      { ...CLIP, prompt: null },
      'invalid_request',
      /prompt must be a string/,
    ],
    ['a prompt of blanks', 'quote_clip', { ...CLIP, prompt: '  ' }, 'invalid_request', /prompt/],
    [
      'a duration as a string',
      'quote_clip',
      { ...CLIP, duration: '4' },
      'invalid_request',
      /must be a whole number/,
    ],
    ['a negative duration', 'quote_clip', { ...CLIP, duration: -4 }, 'invalid_request', /duration/],
    [
      'a duration that the model lacks',
      'quote_clip',
      { ...CLIP, duration: 5 },
      'unsupported_request',
      /duration/,
    ],
    [
      'a size against the resolution',
      'quote_clip',
      { ...CLIP, size: '640x480', resolution: '720p' },
      'invalid_request',
      /size/,
    ],
    [
      'two first frames',
      'quote_clip',
      { ...CLIP, frame_images: [FRAME, FRAME] },
      'invalid_request',
      /frame_type/,
    ],
    [
      'an image over plain http',
      'quote_clip',
      { ...CLIP, frame_images: [{ ...FRAME, image_url: { url: 'http://x.example/a.png' } }] },
      'invalid_request',
      /https/,
    ],
    [
      'an unknown model',
      'quote_clip',
      { ...CLIP, model: 'google/veo-3.1-lit' },
      'unknown_model',
      /Did you mean google\/veo-3.1-lite/,
    ],
    ['a model without an author', 'quote_clip', { ...CLIP, model: 'veo' }, 'invalid_request', /model/],
    [
      'a model and a way to choose one',
      'quote_clip',
      { ...CLIP, priority: 'balanced' },
      'invalid_request',
      /only chooses between models/,
    ],
    [
      'a key, which would not make it safe',
      'quote_clip',
      { ...CLIP, idempotency_key: 'k' },
      'invalid_request',
      /unknown field/,
    ],
    [
      'a fallback, which has no one price',
      'quote_clip',
      { prompt: 'x', fallback: {} },
      'invalid_request',
      /unknown field/,
    ],
    [
      'a clip above its limit',
      'quote_clip',
      { ...CLIP, max_cost_usd: 0.001 },
      'unsupported_request',
      /See max_cost_usd/,
    ],
    ['no limit', 'quote_clip', { ...CLIP, max_cost_usd: 0 }, 'invalid_request', /max_cost_usd/],
    [
      'a callback over plain http',
      'quote_clip',
      { ...CLIP, callback_url: 'http://example.com/' },
      'invalid_request',
      /callback_url/,
    ],
    [
      'a callback without a secret',
      'quote_clip',
      { ...CLIP, callback_url: 'https://example.com/' },
      'callback_secret_missing',
      /wait_for_job/,
    ],
    ['nine tags', 'quote_clip', { ...CLIP, tags: [...'123456789'] }, 'invalid_request', /tags/],
    [
      'an earlier job of nobody',
      'quote_clip',
      { ...CLIP, previous_job_id: 'gen-vid-1-x' },
      'invalid_request',
      /previous_job_id/,
    ],
    [
      'a clip that no model makes',
      'route_clip',
      { prompt: 'x', duration: 3600 },
      'no_matching_model',
      /With duration/,
    ],
    ['a model to rank', 'route_clip', CLIP, 'invalid_request', /unknown field/],
    ['no candidates', 'route_clip', { prompt: 'x', limit: 0 }, 'invalid_request', /limit must be at least 1/],
    [
      'weights of nothing',
      'route_clip',
      { prompt: 'x', priority: { speed: 0, cost: 0, quality: 0 } },
      'invalid_request',
      /priority/,
    ],
    [
      'models by a text',
      'list_models',
      { generate_audio: 'yes' },
      'invalid_request',
      /generate_audio must be/,
    ],
    ['more models than a page', 'list_models', { limit: 101 }, 'invalid_request', /at most 100/],
    ['a mode that is none', 'list_models', { mode: 'video' }, 'invalid_request', /mode must be one of/],
    ['nothing to buy', 'buy_clip', {}, 'invalid_request', /quote is required/],
    ['a quote without a key', 'buy_clip', { quote: QUOTE }, 'invalid_request', /idempotency_key is required/],
    ['a key without a quote', 'buy_clip', { idempotency_key: 'k' }, 'invalid_request', /quote is required/],
    [
      'a clip in place of a quote',
      'buy_clip',
      { ...CLIP, idempotency_key: 'k' },
      'invalid_request',
      /quote is required/,
    ],
    [
      'a quote that is none',
      'buy_clip',
      { quote: 'please', idempotency_key: 'k' },
      'invalid_request',
      /quote_clip/,
    ],
    [
      'a quote of POST /route',
      'buy_clip',
      { quote: 'q1.eyJ9.c2ln', idempotency_key: 'k' },
      'invalid_request',
      /quote_clip/,
    ],
    [
      'a quote that was never given',
      'buy_clip',
      { quote: QUOTE, idempotency_key: 'k' },
      'invalid_request',
      /ten minutes/,
    ],
    [
      'a key with blanks',
      'buy_clip',
      { quote: QUOTE, idempotency_key: 'a b' },
      'invalid_request',
      /idempotency_key/,
    ],
    [
      'a key of 256 characters',
      'buy_clip',
      { quote: QUOTE, idempotency_key: 'k'.repeat(256) },
      'invalid_request',
      /idempotency_key/,
    ],
    ['an empty key', 'buy_clip', { quote: QUOTE, idempotency_key: '' }, 'invalid_request', /idempotency_key/],
    ['a job that is none', 'get_job', { id: '../keys' }, 'invalid_request', /id must be the id of a job/],
    ['an unknown job', 'get_job', { id: JOB }, 'not_found', /Not found/],
    ['links of another kind', 'get_job', { id: JOB, links: 'public' }, 'invalid_request', /links/],
    ['no job to wait for', 'wait_for_job', {}, 'invalid_request', /id is required/],
    ['an unknown job to wait for', 'wait_for_job', { id: JOB }, 'not_found', /Not found/],
    [
      'a longer wait than there is',
      'wait_for_job',
      { id: JOB, timeout_s: 51 },
      'invalid_request',
      /at most 50/,
    ],
    ['no wait', 'wait_for_job', { id: JOB, timeout_s: 0 }, 'invalid_request', /timeout_s/],
    ['more jobs than a page', 'list_jobs', { limit: 51 }, 'invalid_request', /at most 50/],
    ['a status that is none', 'list_jobs', { status: ['done'] }, 'invalid_request', /status/],
    [
      'a status that is no list',
      'list_jobs',
      { status: 'failed' },
      'invalid_request',
      /status must be an array/,
    ],
    ['a cursor that is none', 'list_jobs', { cursor: '0' }, 'invalid_request', /cursor/],
    [
      'a range that ends before it begins',
      'list_jobs',
      { since: '2026-11-02T00:00:00Z', until: '2026-11-01T00:00:00Z' },
      'invalid_request',
      /until must be later/,
    ],
    ['the jobs of another client', 'list_jobs', { client: 'agency' }, 'invalid_request', /unknown field/],
    ['a time that is none', 'get_spend', { since: 'yesterday' }, 'invalid_request', /since/],
    ['a group that is none', 'get_spend', { group_by: 'prompt' }, 'invalid_request', /group_by/],
    [
      'a year by the hour',
      'get_spend',
      { since: '2026-01-01T00:00:00Z', until: '2026-12-31T00:00:00Z', interval: 'hour' },
      'invalid_request',
      /interval/,
    ],
    ['the spend of another client', 'get_spend', { client: 'agency' }, 'invalid_request', /unknown field/],
  ])('%s (%s)', async (_name, tool, args, code, detail) => {
    const refused = await refusalOf(gateway, tool, args);
    expect(refused.code).toBe(code);
    expect(refused.detail).toMatch(detail);
    expect(refused.instance).toMatch(/^[\w-]+$/);
    expect(JSON.stringify(refused)).not.toMatch(/undefined|NaN|\[object|node_modules/);
    expect(JSON.stringify(refused).length).toBeLessThan(20_000);
  });

  it('says what of the clip to change', async () => {
    const refused = await refusalOf(gateway, 'quote_clip', { prompt: 'x', duration: 3600 });
    expect(refused.nearest?.[0]).toMatchObject({ change: { duration: expect.any(Number) } });
    const { change } = refused.nearest?.[0] ?? { change: {} };
    await ask(gateway, 'quote_clip', { prompt: 'x', duration: 3600, ...change });
  });

  it.each([
    ['of another client', OTHER_CLIENT_KEY, 0, 'invalid_request'],
    ['for a key that may only read', AUDITOR_KEY, 0, 'scope_missing'],
    ['that has expired', CLIENT_KEY, 11 * 60_000, 'quote_expired'],
    ['that expired long ago', CLIENT_KEY, 24 * 60 * 60_000, 'quote_expired'],
  ])('a quote %s', async (_name, key, lateMs, code) => {
    const { quote } = await ask<{ quote: string }>(gateway, 'quote_clip', CLIP);
    offsetMs += lateMs;
    const refused = await refusalOf(gateway, 'buy_clip', { quote, idempotency_key: 'k' }, key);
    expect(refused.code).toBe(code);
  });
});

it('a page of this machine may connect', async () => {
  for (const origin of ['http://localhost:6274', 'http://127.0.0.1:1', 'http://[::1]']) {
    expect((await request(gateway, 'tools/list', {}, { origin })).status).toBe(200);
  }
});

it('a notification is taken and has no answer', async () => {
  const answer = await sendMessage(gateway, '{"jsonrpc":"2.0","method":"notifications/initialized"}');
  expect([answer.status, answer.text]).toEqual([202, '']);
});
