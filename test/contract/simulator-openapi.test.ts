// Every status that OpenRouter's public OpenAPI records, provoked on the simulator and checked against its schema.
import { expect, test } from 'vitest';
import type { Simulator } from '../../src/simulator/index.ts';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';
import { createContract, recordedStatuses } from '../support/simulator-contract.ts';

const check = createContract();

type Answer = Awaited<ReturnType<typeof call>>;
type Provoke = (simulator: Simulator) => Promise<Answer>;

const error = (status: number, on: 'submit' | 'poll' | 'content' | 'catalog' = 'submit') => ({
  headers: { 'x-sim-fault': `error on=${on} status=${status}` },
});
const submit =
  (change: object, headers: Record<string, string> = {}): Provoke =>
  (simulator) =>
    send(simulator, '/videos', { ...grokClip, ...change }, headers);
const badKey = { headers: { authorization: 'Bearer sk-or-bad' } };
const pollOf =
  (marker: string, init: RequestInit = {}): Provoke =>
  async (simulator) =>
    call(simulator, `/videos/${await buyClip(simulator, { ...grokClip, prompt: `x ${marker}` })}`, init);
const contentOf =
  (query: string, init: RequestInit = {}): Provoke =>
  async (simulator) =>
    call(simulator, `/videos/${await buyClip(simulator)}/content${query}`, init);
const get =
  (path: string, init: RequestInit = {}): Provoke =>
  (simulator) =>
    call(simulator, path, init);

const benchmarks = '/benchmarks?source=design-arena&arena=models&category=video';
/** Uses up the minute's thirty requests. */
const tooMany: Provoke = async (simulator) => {
  for (let n = 0; n < 30; n++) await call(simulator, benchmarks);
  return call(simulator, benchmarks);
};

const cases: readonly (readonly [
  method: string,
  path: string,
  status: number,
  name: string,
  provoke: Provoke,
])[] = [
  ['post', '/videos', 202, 'accepted', submit({})],
  ['post', '/videos', 400, 'parameters', submit({ duration: 99 })],
  ['post', '/videos', 400, 'types', submit({ duration: 'long' })],
  ['post', '/videos', 401, 'bad key', submit({}, badKey.headers)],
  [
    'post',
    '/videos',
    402,
    'no credits',
    (simulator) => {
      simulator.configure({ credits_usd: 0.01 });
      return submit({})(simulator);
    },
  ],
  ['post', '/videos', 404, 'privacy', submit({}, error(404).headers)],
  ['post', '/videos', 429, 'rate', submit({}, error(429).headers)],
  ['post', '/videos', 500, 'server', submit({}, error(500).headers)],
  ['get', '/videos/{jobId}', 200, 'completed', pollOf('')],
  ['get', '/videos/{jobId}', 200, 'pending', pollOf('[sim:stuck]')],
  ['get', '/videos/{jobId}', 200, 'in progress', pollOf('[sim:poll_status status=in_progress]')],
  ['get', '/videos/{jobId}', 200, 'failed', pollOf('[sim:fail]')],
  ['get', '/videos/{jobId}', 200, 'cancelled', pollOf('[sim:cancel]')],
  ['get', '/videos/{jobId}', 200, 'expired', pollOf('[sim:expire]')],
  ['get', '/videos/{jobId}', 200, 'cost null', pollOf('[sim:cost_null]')],
  ['get', '/videos/{jobId}', 401, 'bad key', pollOf('', badKey)],
  ['get', '/videos/{jobId}', 404, 'unknown', get('/videos/none')],
  ['get', '/videos/{jobId}', 500, 'server', pollOf('', error(500, 'poll'))],
  ['get', '/videos/{jobId}/content', 400, 'index', contentOf('?index=5')],
  ['get', '/videos/{jobId}/content', 401, 'bad key', contentOf('', badKey)],
  ['get', '/videos/{jobId}/content', 404, 'unknown', get('/videos/none/content')],
  ['get', '/videos/{jobId}/content', 500, 'server', contentOf('', error(500, 'content'))],
  ['get', '/videos/{jobId}/content', 502, 'provider', contentOf('', error(502, 'content'))],
  ['get', '/videos/models', 200, 'catalog', get('/videos/models')],
  ['get', '/videos/models', 400, 'bad request', get('/videos/models', error(400, 'catalog'))],
  ['get', '/videos/models', 500, 'server', get('/videos/models', error(500, 'catalog'))],
  ['get', '/benchmarks', 200, 'arena', get(benchmarks)],
  ['get', '/benchmarks', 200, 'another source', get('/benchmarks?source=artificial-analysis')],
  ['get', '/benchmarks', 400, 'source', get('/benchmarks?source=hearsay')],
  ['get', '/benchmarks', 401, 'bad key', get(benchmarks, badKey)],
  ['get', '/benchmarks', 429, 'too many', tooMany],
];

test.each(cases)('%s %s %i: %s', async (method, path, status, _name, provoke) => {
  const simulator = await openSimulator();
  const answer = await provoke(simulator);
  expect(answer.status).toBe(status);
  expect(check(method, path, status, answer.body)).toEqual([]);
});

test('the older ids and the relative polling URL fit the document too', async () => {
  const simulator = await openSimulator({ settings: { id_style: 'legacy', relative_polling_url: true } });
  const submitted = await send(simulator, '/videos', grokClip);
  expect(check('post', '/videos', 202, submitted.body)).toEqual([]);
  const { id } = submitted.body as { id: string };
  expect(check('get', '/videos/{jobId}', 200, (await call(simulator, `/videos/${id}`)).body)).toEqual([]);
});

test('no recorded status is left out but the films themselves and a 500 of the arena', () => {
  const operations = [
    ['post', '/videos'],
    ['get', '/videos/{jobId}'],
    ['get', '/videos/{jobId}/content'],
    ['get', '/videos/models'],
    ['get', '/benchmarks'],
  ] as const;
  const missing = operations.flatMap(([method, path]) =>
    recordedStatuses(method, path)
      .filter((status) => !cases.some((one) => one[0] === method && one[1] === path && one[2] === status))
      .map((status) => `${method} ${path} ${status}`),
  );
  expect(missing).toEqual(['get /videos/{jobId}/content 200', 'get /benchmarks 500']);
});

test('the whole May catalog fits the document as well', async () => {
  const simulator = await openSimulator({
    catalog: new URL('../fixtures/videos-models.2026-05-guide.json', import.meta.url),
  });
  expect(check('get', '/videos/models', 200, (await call(simulator, '/videos/models')).body)).toEqual([]);
});
