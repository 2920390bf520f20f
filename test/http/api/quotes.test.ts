// A quote buys what it quoted, at that price or less, or says that it cannot and quotes again.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAs } from '../../support/clips.ts';
import { OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway({ background: false });
});
afterEach(() => gateway.close());

const CLIP = {
  prompt: 'x',
  duration: 4,
  resolution: '720p',
  aspect_ratio: '16:9',
  priority: 'fast_and_cheap',
};

interface RouteAnswer {
  readonly selected: string;
  readonly quote: string;
  readonly request: object;
}

const route = async (body: object = CLIP) => readAs<RouteAnswer>(await gateway.post('/route', body));

describe('a quote', () => {
  it('buys the model and the body it was given for', async () => {
    const { selected, quote, request } = await route();
    const answer = await gateway.post('/jobs', { ...CLIP, quote });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ model: selected, request });
    expect(gateway.simulator.ledger().map(({ body }) => body)).toEqual([request]);
  });

  it('is kept in a dry run too', async () => {
    const { selected, quote } = await route();
    const answer = await gateway.post('/jobs', { ...CLIP, quote, dry_run: true });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ model: selected });
  });

  it('buys nothing else, and brings a fresh plan', async () => {
    const { quote } = await route();
    const answer = await gateway.post('/jobs', { ...CLIP, duration: 6, quote });
    expect(answer.status).toBe(409);
    const problem = await readAs<{ code: string; plan: RouteAnswer }>(answer);
    expect(problem.code).toBe('quote_changed');
    const again = await gateway.post('/jobs', { ...CLIP, duration: 6, quote: problem.plan.quote });
    expect(again.status).toBe(202);
    expect(gateway.simulator.ledger()).toHaveLength(1);
  });

  it.each<[string, (quote: string) => { body: object; headers?: Record<string, string> }]>([
    [
      'forged',
      (quote) => ({
        body: { quote: quote.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')).replace('q1.', 'q1.X') },
      }),
    ],
    [
      "another client's",
      (quote) => ({ body: { quote }, headers: { authorization: `Bearer ${OTHER_CLIENT_KEY}` } }),
    ],
    ['beside a model', (quote) => ({ body: { quote, model: 'google/veo-3.1-lite', priority: undefined } })],
    ['not a quote', () => ({ body: { quote: 'please' } })],
  ])('is refused where it is %s', async (_name, make) => {
    const { quote } = await route();
    const { body, headers } = make(quote);
    const answer = await gateway.post('/jobs', { ...CLIP, ...body }, headers);
    expect(answer.status).toBe(400);
    expect(gateway.simulator.ledger()).toEqual([]);
  });
});

describe('GET /models/changes', () => {
  it('is empty where nothing changed, and refuses what it cannot read', async () => {
    const answer = await gateway.request('/models/changes?since=2026-01-01T00:00:00Z');
    expect(await answer.json()).toEqual({ data: [], next_cursor: null });
    for (const query of ['since=yesterday', 'cursor=x', 'limit=0', 'model=', 'nope=1']) {
      expect((await gateway.request(`/models/changes?${query}`)).status).toBe(400);
    }
  });

  it('tells what a fetch changed, page by page', async () => {
    await gateway.request('/models');
    gateway.simulator.addFault({ fault: 'remove_model', model: 'google/veo-3.1' });
    await gateway.gateway.refreshCatalog();
    gateway.simulator.clearFaults();
    await gateway.gateway.refreshCatalog();
    const first = await readAs<{ data: object[]; next_cursor: string }>(
      await gateway.request('/models/changes?limit=1'),
    );
    expect(first.data).toMatchObject([{ kind: 'removed', model: 'google/veo-3.1', fields: [] }]);
    const second = await readAs<{ data: object[] }>(
      await gateway.request(`/models/changes?cursor=${first.next_cursor}`),
    );
    expect(second).toMatchObject({ data: [{ kind: 'added', model: 'google/veo-3.1' }], next_cursor: null });
    const of = async (model: string) =>
      readAs<{ data: object[] }>(await gateway.request(`/models/changes?model=${model}`));
    expect((await of('google/veo-3.1')).data).toMatchObject([{ kind: 'removed' }, { kind: 'added' }]);
    expect((await of('google/veo-3.1-fast')).data).toEqual([]);
  });
});
