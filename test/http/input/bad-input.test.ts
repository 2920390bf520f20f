// Wrong requests: each gets its status, code and pointer in a problem document, and none of them buys anything.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { BAD_BODIES } from './bad-bodies.ts';

let gateway: TestGateway;
beforeAll(async () => {
  // Each case of a wrong key comes from an address of its own: guessing is slowed by address.
  gateway = await startTestGateway({ env: { TRUST_PROXY: '127.0.0.0/8' } });
});
afterAll(async () => {
  expect(gateway.simulator.ledger()).toEqual([]);
  expect(gateway.logLines.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  await gateway.close();
});

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly in: string; readonly pointer: string; readonly message: string }[];
}

// What every answer has in common (content type, instance, caching, the document) `request` has checked.
async function readProblem(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  return (await response.json()) as Problem;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const CLIP = { prompt: 'a paper boat' };
const post = (path: string, body: RequestInit['body'], headers: Record<string, string> = JSON_TYPE) =>
  gateway.request(path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });

describe.each(['/route', '/jobs'])('POST %s refuses', (path) => {
  it.each(BAD_BODIES)('%s', async (_name, body, pointer, message) => {
    const text = typeof body === 'string' ? body : JSON.stringify({ ...CLIP, ...body });
    const problem = await readProblem(await post(path, text));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    const fault = problem.errors?.find((one) => one.pointer === pointer);
    expect(problem.errors).toContainEqual(expect.objectContaining({ in: 'body', pointer }));
    if (message) expect(fault?.message).toMatch(message);
    expect(problem.detail).not.toMatch(/undefined|NaN|Invalid/);
  });

  const utf16 = Buffer.from('{"prompt":"x"}', 'utf16le');
  it.each<[string, RequestInit['body'], Record<string, string>, number, string]>([
    ['no body', undefined, {}, 400, 'malformed_body'],
    ['an empty body', '', JSON_TYPE, 400, 'malformed_body'],
    ['null', 'null', JSON_TYPE, 400, 'malformed_body'],
    ['blanks', '  ', JSON_TYPE, 400, 'malformed_body'],
    ['half an object', '{"prompt":', JSON_TYPE, 400, 'malformed_body'],
    ['a trailing comma', '{"prompt":"x",}', JSON_TYPE, 400, 'malformed_body'],
    ['two documents', '{"prompt":"x"}{"prompt":"y"}', JSON_TYPE, 400, 'malformed_body'],
    ['a comment', '{"prompt":"x"}//', JSON_TYPE, 400, 'malformed_body'],
    ['NaN', '{"prompt":"x","duration":NaN}', JSON_TYPE, 400, 'malformed_body'],
    ['a raw NUL', '{"prompt":"\0"}', JSON_TYPE, 400, 'malformed_body'],
    ['Latin-1', Buffer.from('{"prompt":"caf\xe9"}', 'latin1'), JSON_TYPE, 400, 'malformed_body'],
    ['UTF-16', utf16, JSON_TYPE, 400, 'malformed_body'],
    [
      'a form',
      'prompt=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['plain text', '{"prompt":"x"}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['another JSON', '{}', { 'content-type': 'application/merge-patch+json' }, 415, 'unsupported_media_type'],
    ['no media type', '{}', { 'content-type': ';;' }, 415, 'unsupported_media_type'],
    [
      'another charset',
      '{}',
      { 'content-type': 'application/json; charset=iso-8859-1' },
      415,
      'unsupported_media_type',
    ],
    ['a compressed body', '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['no key', JSON.stringify(CLIP), { ...JSON_TYPE, authorization: '' }, 401, 'unauthorized'],
  ])('%s', async (_name, body, headers, status, code) => {
    expect(await readProblem(await post(path, body, headers))).toMatchObject({ status, code });
  });

  it('a body above 32 MB, announced', async () => {
    const problem = await readProblem(await post(path, Buffer.alloc(32 * 1024 * 1024 + 1, ' ')));
    expect(problem).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(problem.detail).toBe('The body is larger than 32 MB, the limit of this route.');
  });

  it('a body above 32 MB, streamed', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, ' ');
    let left = 40;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(megabyte) : controller.close()),
    });
    const init = { method: 'POST', headers: JSON_TYPE, body, duplex: 'half' as const };
    const problem = await readProblem(await gateway.request(path, init));
    expect(problem).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('a parameter in the query, even one that the body knows', async () => {
    const problem = await readProblem(await post(`${path}?dry_run=true`, JSON.stringify(CLIP)));
    expect(problem).toMatchObject({ status: 400, errors: [{ in: 'query', pointer: '/dry_run' }] });
  });
});

it('takes the same JSON with a byte order mark, a charset in capitals and a body of 31 MB', async () => {
  const body = `\ufeff${JSON.stringify(CLIP)}${' '.repeat(31 * 1024 * 1024)}`;
  const type = { 'content-type': 'application/json; charset="UTF-8"' };
  expect((await post('/route', body, type)).status).toBe(200);
});

it('answers with fifty faults at most, and says how many there are', async () => {
  const typos = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 1]));
  const problem = await readProblem(await gateway.post('/route', { ...CLIP, ...typos }));
  expect(problem.errors).toHaveLength(50);
  expect(problem.detail).toContain('(and 499 more)');
});

describe('POST /jobs refuses', () => {
  const VEO = { ...CLIP, model: 'google/veo-3.1-lite' };
  it.each<[string, object, number, string, string]>([
    ['model a number', { ...VEO, model: 1 }, 400, 'invalid_request', '/model'],
    ['model no id', { ...VEO, model: 'veo' }, 400, 'invalid_request', '/model'],
    ['model above', { ...VEO, model: '../veo-3.1-lite' }, 400, 'invalid_request', '/model'],
    ['model of dots', { ...VEO, model: 'google/..' }, 400, 'invalid_request', '/model'],
    ['model with a path', { ...VEO, model: '../../credits' }, 400, 'invalid_request', '/model'],
    ['dry_run a string', { ...VEO, dry_run: 'yes' }, 400, 'invalid_request', '/dry_run'],
    ['priority beside model', { ...VEO, priority: 'balanced' }, 400, 'invalid_request', '/priority'],
    ['scoring beside model', { ...VEO, scoring: 'guide' }, 400, 'invalid_request', '/scoring'],
    ['models beside model', { ...VEO, models: { deny: ['a/*'] } }, 400, 'invalid_request', '/models'],
    [
      'a job to continue that is not there',
      { ...VEO, previous_job_id: 'gen-vid-1' },
      400,
      'invalid_request',
      '/previous_job_id',
    ],
    ['a model nobody has', { ...VEO, model: 'google/veo-9' }, 422, 'unknown_model', '/model'],
    ['a model by prototype', { ...VEO, model: '__proto__/constructor' }, 422, 'unknown_model', '/model'],
    ['a length the model lacks', { ...VEO, duration: 5 }, 422, 'unsupported_request', '/duration'],
    ['a resolution it lacks', { ...VEO, resolution: '4K' }, 422, 'unsupported_request', '/resolution'],
    [
      'an option it lacks',
      { ...VEO, provider: { options: { google: { zoom: 1 } } } },
      422,
      'unsupported_request',
      '/provider/options',
    ],
    [
      'a price above the limit',
      { ...VEO, duration: 4, max_cost_usd: 0.01 },
      422,
      'unsupported_request',
      '/max_cost_usd',
    ],
  ])('%s', async (_name, body, status, code, pointer) => {
    const problem = await readProblem(await gateway.post('/jobs', body));
    expect(problem).toMatchObject({ status, code });
    expect(problem.errors?.map((fault) => fault.pointer)).toContain(pointer);
  });

  it.each([
    ['empty', ''],
    ['with a blank', 'a b'],
    ['of 256 characters', 'k'.repeat(256)],
    ['with a letter beyond ASCII', 'caf\xe9'],
  ])('an Idempotency-Key %s', async (_name, key) => {
    const problem = await readProblem(await gateway.post('/jobs', VEO, { 'idempotency-key': key }));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors).toMatchObject([{ in: 'header', pointer: '/idempotency-key' }]);
  });
});

describe('queries', () => {
  it.each([
    ['/jobs?limit=0', '/limit', /at least 1/],
    ['/jobs?limit=101', '/limit', /at most 100/],
    ['/jobs?limit=1.5', '/limit', /whole number/],
    ['/jobs?limit=', '/limit', /whole number/],
    ['/jobs?limit=0x10', '/limit', /whole number/],
    ['/jobs?limit=1e1', '/limit', /whole number/],
    ['/jobs?limit=%2010', '/limit', /whole number/],
    ['/jobs?limit=%zz', '/limit', /whole number/],
    ['/jobs?limit=1&limit=2', '/limit', /more than once/],
    ['/jobs?tag=a&tag=b', '/tag', /more than once/],
    ['/jobs?status=pending&status=done', '/status', /must be/],
    ['/models/changes?since=yesterday', '/since', /must be a time such as/],
    ['/models/changes?limit=0x10', '/limit', /whole number/],
    ['/jobs?status=done', '/status', /one of "queued", "submitting"/],
    ['/jobs?status=pending%00', '/status', /NUL/],
    ['/jobs?model=veo', '/model', /such as google/],
    ['/jobs?cursor=x', '/cursor', /next_cursor/],
    ['/jobs?cursor=job_../credits', '/cursor', /next_cursor/],
    ['/jobs?page=2', '/page', /is an unknown parameter/],
    ['/jobs?limit[]=1', '/limit[]', /is an unknown parameter/],
    ['/jobs?__proto__=1', '/__proto__', /forbidden/],
    ['/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB?wait=5', '/wait', /is an unknown parameter/],
    ['/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB/content?index=-1', '/index', /at least 0/],
    ['/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB/content?index=a', '/index', /whole number/],
    ['/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB/content?download=1', '/download', /is an unknown parameter/],
    ['/models?duration=five', '/duration', /whole number/],
    ['/models?duration=4&duration=5', '/duration', /more than once/],
    ['/models?resolution=', '/resolution', /such as 720p/],
    ['/models?aspect_ratio=16x9', '/aspect_ratio', /such as 16:9/],
    ['/models?size=1x1x1', '/size', /such as 1280x720/],
    ['/models?mode=text', '/mode', /one of "text_to_video"/],
    ['/models?generate_audio=1', '/generate_audio', /"true" or "false"/],
    ['/models?seed=yes', '/seed', /"true" or "false"/],
    ['/models?max_cost_usd=-1', '/max_cost_usd', /more than 0/],
    ['/models?max_cost_usd=Infinity', '/max_cost_usd', /must be a number/],
    ['/models?prompt=x', '/prompt', /is an unknown parameter/],
    ['/models/google/veo-3.1-lite?verbose=1', '/verbose', /is an unknown parameter/],
  ])('%s', async (path, pointer, message) => {
    const problem = await readProblem(await gateway.request(path));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    const fault = problem.errors?.find((one) => one.pointer === pointer);
    expect(fault).toMatchObject({ in: 'query' });
    expect(fault?.message).toMatch(message);
  });
});

describe('keys', () => {
  const [MISSING, MISSHAPEN, UNKNOWN] = [
    'The Authorization header is missing',
    'The Authorization header is malformed',
    'The key in the Authorization header is unknown',
  ] as const;
  it.each([
    ['none', '', MISSING],
    ['a stranger’s', 'Bearer ck-stranger', UNKNOWN],
    ['the hash in place of the key', `Bearer ${'a'.repeat(64)}`, UNKNOWN],
    ['another scheme', `Basic ${Buffer.from(`x:${CLIENT_KEY}`).toString('base64')}`, MISSHAPEN],
    ['no scheme', CLIENT_KEY, MISSHAPEN],
    ['a scheme and no key', 'Bearer', MISSHAPEN],
    ['two keys', `Bearer ${CLIENT_KEY} ${CLIENT_KEY}`, MISSHAPEN],
    ['almost', `Bearer ${CLIENT_KEY}x`, UNKNOWN],
    ['in capitals', `Bearer ${CLIENT_KEY.toUpperCase()}`, UNKNOWN],
  ])('%s', async (name, authorization, detail) => {
    const address = `203.0.113.${createHash('sha256').update(name).digest()[0]}`;
    for (const path of [
      '/models',
      '/models/google/veo-3.1-lite',
      '/jobs',
      '/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB',
    ]) {
      const headers = { authorization, 'x-forwarded-for': address };
      const response = await gateway.request(path, { headers });
      const problem = await readProblem(response);
      expect(problem).toMatchObject({ status: 401, code: 'unauthorized' });
      expect(problem.detail).toMatch(new RegExp(`^${detail}`));
      expect(problem.detail).not.toMatch(/ck-|a{64}/i);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="clipgate"');
    }
  });
});
