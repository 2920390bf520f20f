// POST /route: ranked candidates, every refusal with its reasons, and the exact request that would be sent.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(async () => {
  expect(gateway.simulator.ledger()).toEqual([]);
  await gateway.close();
});

interface RouteAnswer {
  readonly selected: string;
  readonly candidates: readonly { readonly model: string; readonly rank: number; readonly score: number }[];
  readonly rejected: readonly { readonly model: string; readonly reasons: readonly object[] }[];
  readonly nearest: readonly object[];
  readonly request: Readonly<Record<string, unknown>>;
  readonly warnings: readonly { readonly code: string; readonly field: string }[];
}

const CLIP = { prompt: 'a paper boat', duration: 5, resolution: '720p', aspect_ratio: '9:16' };

it('ranks who can and explains who cannot', async () => {
  const response = await gateway.post('/route', { ...CLIP, priority: 'fast_and_cheap', scoring: 'guide' });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const route = await readAs<RouteAnswer>(response);
  expect(route.selected).toBe(route.candidates[0]?.model);
  expect(route.candidates.map(({ rank }) => rank)).toEqual(route.candidates.map((_, index) => index + 1));
  const scores = route.candidates.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(route.candidates.length + route.rejected.length).toBe(30);
  expect(route.rejected.every(({ reasons }) => reasons.length > 0)).toBe(true);
  expect(route.rejected).toContainEqual({
    model: 'google/veo-3.1-lite',
    reasons: [{ code: 'unsupported_duration', field: 'duration', requested: 5, supported: [4, 6, 8] }],
  });
  expect(route.request).toEqual({ model: route.selected, ...CLIP });
});

it('honours weights, allow and deny', async () => {
  const routed = async (extra: object) =>
    readAs<RouteAnswer>(await gateway.post('/route', { ...CLIP, ...extra }));
  const all = (await routed({})).candidates.map(({ model }) => model);
  const [first = '', ...rest] = all;
  expect((await routed({ models: { allow: [first] } })).candidates).toHaveLength(1);
  const without = (await routed({ models: { deny: [first] } })).candidates.map(({ model }) => model);
  expect(without.sort()).toEqual(rest.sort());
  const [author] = first.split('/');
  expect((await routed({ models: { allow: [`${author}/*`] } })).selected.startsWith(`${author}/`)).toBe(true);
  const quality = await routed({ scoring: 'guide', priority: { speed: 0, cost: 0, quality: 1 } });
  const best = await readAs<{ resolutions: string[] }>(await gateway.request(`/models/${quality.selected}`));
  expect(best.resolutions.map((one) => one.toLowerCase())).toContain('4k');
});

it('says why nobody can, and what would help', async () => {
  const response = await gateway.post('/route', { ...CLIP, duration: 59 });
  const problem = await readAs<ProblemAnswer & RouteAnswer>(response);
  expect(problem).toMatchObject({ status: 422, code: 'no_matching_model' });
  expect(problem.rejected).toHaveLength(30);
  expect(problem.nearest.length).toBeGreaterThan(0);
  expect(problem.detail).toMatch(
    /^None of 30 models can make this clip\. With duration \d+, \d+ of them can\.$/,
  );
});

describe('what matches no model in `models`', () => {
  const allowed = { allow: ['goggle/veo-3.1-lite', 'google/*', 'nobody/*'], deny: ['google/veo-9'] };
  const body = { ...CLIP, duration: 4, models: allowed };

  it('is named beside an answer, with what it may have meant', async () => {
    const { warnings } = await readAs<RouteAnswer>(await gateway.post('/route', body));
    expect(warnings).toEqual([
      {
        code: 'matches_no_model',
        field: 'models.allow',
        message: expect.stringMatching(/^goggle\/veo-3.1-lite matches no model .* mean google\/veo-3/),
      },
      {
        code: 'matches_no_model',
        field: 'models.allow',
        message: 'nobody/* matches no model of the catalog. See GET /models.',
      },
      {
        code: 'matches_no_model',
        field: 'models.deny',
        message: expect.stringMatching(/^google\/veo-9 matches no model .* mean google\//),
      },
    ]);
    const plan = await readAs<RouteAnswer>(await gateway.post('/jobs', { ...body, dry_run: true }));
    expect(plan.warnings).toEqual(warnings);
  });

  it.each(['/route', '/jobs'])('is named by %s where none can', async (path) => {
    const models = { allow: ['goggle/veo-3.1-lite'] };
    const problem = await readAs<ProblemAnswer>(await gateway.post(path, { ...CLIP, models }));
    expect(problem).toMatchObject({ status: 422, code: 'no_matching_model' });
    expect(problem.detail).toMatch(
      /None of 30 models .* models\.allow: goggle\/veo-3\.1-lite matches no model of the catalog\. Did you mean google\/veo/,
    );
  });

  it('is named ten times at most', async () => {
    const deny = Array.from({ length: 500 }, (_, index) => `nobody/model-${index}`);
    const { warnings } = await readAs<RouteAnswer>(
      await gateway.post('/route', { ...CLIP, models: { deny } }),
    );
    expect(warnings).toHaveLength(10);
  });
});

describe('request', () => {
  const image = { type: 'image_url', image_url: { url: 'https://x.test/a.png' } } as const;
  const anyText = fc.string({ unit: 'grapheme' });
  const extras = fc.dictionary(
    anyText,
    fc.oneof(
      anyText,
      fc.boolean(),
      fc.integer(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    ),
  );
  const specs = fc.record(
    {
      prompt: anyText.filter((text) => text.trim() !== ''),
      duration: fc.constantFrom(4, 5, 6, 8, 10),
      resolution: fc.constantFrom('480p', '720p', '720P', '1080p'),
      aspect_ratio: fc.constantFrom('16:9', '9:16', '1:1'),
      generate_audio: fc.boolean(),
      seed: fc.integer(),
      frame_images: fc.constantFrom<object[]>([{ ...image, frame_type: 'first_frame' }]),
      input_references: fc.constantFrom<object[]>(
        [image],
        [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }],
      ),
      provider: fc.constantFrom<object>({}, { options: {} }, { options: { 'google-vertex': {} } }),
      session_id: fc.string({ unit: fc.constantFrom('a', '-', 'é', '😀'), minLength: 1, maxLength: 40 }),
      trace: extras.filter(
        (trace) => !Object.hasOwn(trace, '__proto__') && !JSON.stringify(trace).includes('\\u0000'),
      ),
    },
    { requiredKeys: ['prompt'] },
  );

  it('is the spec and the model: no field added, none lost, none changed', async () => {
    let routed = 0;
    await fc.assert(
      fc.asyncProperty(specs, async (given) => {
        const spec = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
        fc.pre(!String(spec['prompt']).includes('\0'));
        const response = await gateway.post('/route', spec);
        if (response.status === 422) return;
        expect(response.status).toBe(200);
        routed++;
        const { request, selected, warnings } = await readAs<RouteAnswer>(response);
        const leftOut = new Set(warnings.filter(({ code }) => code === 'not_sent').map(({ field }) => field));
        // Silence asked of a model that cannot speak is met without a word.
        if (!('generate_audio' in request) && spec['generate_audio'] === false) leftOut.add('generate_audio');
        const expected = Object.entries(spec).filter(([field]) => !leftOut.has(field));
        // But for its case, which is the catalog's.
        const spelled = String(request['resolution']);
        if (spelled.toLowerCase() === String(spec['resolution']).toLowerCase()) {
          for (const entry of expected) if (entry[0] === 'resolution') entry[1] = request['resolution'];
        }
        expect(request).toEqual({ model: selected, ...Object.fromEntries(expected) });
      }),
      { numRuns: 150, seed: 7 },
    );
    expect(routed).toBeGreaterThan(30);
  });

  it('leaves no routing field in', async () => {
    const routing = {
      priority: 'balanced',
      scoring: 'guide',
      max_cost_usd: 50,
      max_wait_s: 3600,
      models: { deny: ['a/*'] },
      passthrough: 'require',
    };
    const { request, selected } = await readAs<RouteAnswer>(
      await gateway.post('/route', { ...CLIP, ...routing }),
    );
    expect(request).toEqual({ model: selected, ...CLIP });
  });
});

it('says what it leaves out', async () => {
  const provider = { options: { google: { zoom: 1 } } };
  const body = { ...CLIP, provider, passthrough: 'when_supported', input_references: undefined };
  const route = await readAs<RouteAnswer>(await gateway.post('/route', body));
  expect(route.request).not.toHaveProperty('provider');
  expect(route.warnings).toMatchObject([{ code: 'not_sent', field: 'provider.options' }]);
});
