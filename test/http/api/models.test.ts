// GET /models: the catalog, each filter, and how long an answer may be kept.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let all: readonly Model[];
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
  all = (await list('')).data;
});
afterAll(() => gateway.close());

interface Model {
  readonly id: string;
  readonly durations: readonly number[] | null;
  readonly resolutions: readonly string[] | null;
  readonly aspect_ratios: readonly string[] | null;
  readonly sizes: readonly string[] | null;
  readonly frame_images: readonly string[];
  readonly input_modalities: readonly string[];
  readonly generate_audio: boolean | null;
  readonly seed: boolean | null;
}
interface List {
  readonly data: readonly Model[];
  readonly catalog: { readonly models: number; readonly stale: boolean; readonly age_s: number };
}
const list = async (query: string) => readAs<List>(await gateway.request(`/models${query}`));

it('lists every model with the state of the catalog', async () => {
  const { data, catalog } = await list('');
  expect(data).toHaveLength(30);
  expect(catalog).toMatchObject({ models: 30, dropped: 0, stale: false });
});

describe('filters', () => {
  it.each<[query: string, keep: (model: Model) => boolean]>([
    ['duration=8', ({ durations }) => durations?.includes(8) === true],
    ['duration=5', ({ durations }) => durations?.includes(5) === true],
    ['resolution=720p', ({ resolutions }) => resolutions?.includes('720p') === true],
    ['resolution=4k', ({ resolutions }) => resolutions?.includes('4K') === true],
    ['aspect_ratio=21:9', ({ aspect_ratios }) => aspect_ratios?.includes('21:9') === true],
    ['mode=text_to_video', ({ durations }) => durations !== null],
    ['mode=image_to_video', ({ frame_images }) => frame_images.includes('first_frame')],
    ['mode=video_to_video', ({ input_modalities }) => input_modalities.includes('video')],
    ['mode=reference_to_video', ({ input_modalities }) => input_modalities.some((kind) => kind !== 'text')],
    ['generate_audio=true', ({ generate_audio }) => generate_audio === true],
    ['generate_audio=false', ({ generate_audio }) => generate_audio === false],
    ['seed=true', ({ seed }) => seed === true],
    ['seed=false', ({ seed }) => seed === false],
    [
      'duration=8&generate_audio=true&seed=true',
      (model) =>
        model.durations?.includes(8) === true && model.generate_audio === true && model.seed === true,
    ],
  ])('%s', async (query, keep) => {
    const expected = all.filter(keep).map(({ id }) => id);
    expect((await list(`?${query}`)).data.map(({ id }) => id)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(30);
  });

  it('size: as listed, and by resolution and ratio where sizes are not enumerated', async () => {
    const found = (await list('?size=1280x720')).data;
    const listed = all.filter(({ sizes }) => sizes?.includes('1280x720'));
    expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining(listed.map(({ id }) => id)));
    for (const { sizes, resolutions } of found) {
      expect(sizes ? sizes.includes('1280x720') : resolutions?.includes('720p')).toBe(true);
    }
  });

  it('max_cost_usd: what the clip can cost at most, and never a model of unknown price', async () => {
    const clip = 'duration=4&resolution=720p&aspect_ratio=16:9';
    const at = async (limit: string) =>
      (await list(`?${clip}&max_cost_usd=${limit}`)).data.map(({ id }) => id);
    const [cheap, dear] = [await at('0.21'), await at('1000')];
    expect(cheap).toContain('google/veo-3.1-lite');
    expect(cheap.length).toBeLessThan(dear.length);
    expect(dear).toEqual(expect.arrayContaining(cheap));
    expect(await at('0.01')).toEqual([]);
  });

  it('finds nothing without an error', async () => {
    expect((await list('?duration=3599')).data).toEqual([]);
  });
});

describe('caching', () => {
  it('answers 304 to the ETag it gave, in any form, and 200 to another', async () => {
    const first = await gateway.request('/models?seed=true');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('private, max-age=60, stale-while-revalidate=300');
    expect(first.headers.get('vary')).toBe('authorization');
    for (const known of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const again = await gateway.request('/models?seed=true', { headers: { 'if-none-match': known } });
      expect(again.status).toBe(304);
      expect(again.headers.get('etag')).toBe(etag);
      expect(await again.text()).toBe('');
    }
    const other = await gateway.request('/models', { headers: { 'if-none-match': etag } });
    expect(other.status).toBe(200);
    expect(other.headers.get('etag')).not.toBe(etag);
  });

  it('gives the same ETag to the same models, whatever the order of the parameters', async () => {
    const etagOf = async (query: string) => (await gateway.request(`/models?${query}`)).headers.get('etag');
    expect(await etagOf('duration=8&seed=true')).toBe(await etagOf('seed=true&duration=8'));
  });
});

describe('one model', () => {
  it('is the one of the list', async () => {
    for (const model of all) {
      const response = await gateway.request(`/models/${model.id}`);
      expect(await response.json()).toEqual(model);
    }
  });

  it.each(['google/veo-9', 'nobody/nothing', 'constructor/prototype'])('%s is unknown', async (id) => {
    const response = await gateway.request(`/models/${id}`);
    expect(await readAs<ProblemAnswer>(response)).toMatchObject({ status: 404, code: 'unknown_model' });
  });
});
