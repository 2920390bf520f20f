// Bills: the ones on record to the cent, every rule of the price list once, and the whole catalog without a gap.
import { expect, test } from 'vitest';
import { readCatalog } from '../../src/simulator/catalog.ts';
import { buyClip, call, openSimulator } from '../support/simulator.ts';

const image = (url = 'https://example.com/a.png') => ({ type: 'image_url', image_url: { url } });
const first = { ...image(), frame_type: 'first_frame' };
const video = { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } };

const catalogs = {
  october: undefined,
  may: new URL('../fixtures/videos-models.2026-05-guide.json', import.meta.url),
};

async function billOf(request: object, catalog: URL | undefined = undefined) {
  const simulator = await openSimulator({ catalog });
  const id = await buyClip(simulator, { prompt: 'a boat', ...request });
  const { usage } = (await call(simulator, `/videos/${id}`)).body as { usage: { cost: number | null } };
  expect(simulator.ledger()[0]?.billed_usd).toBe(usage.cost);
  return usage.cost;
}

test.each([
  [0.12, { model: 'google/veo-3.1-lite', duration: 4, resolution: '720p', generate_audio: false }],
  [0.32, { model: 'google/veo-3.1-fast', duration: 4, resolution: '720p', generate_audio: false }],
  [0.05, { model: 'x-ai/grok-imagine-video', duration: 1, resolution: '480p' }],
  [0.052, { model: 'x-ai/grok-imagine-video', duration: 1, resolution: '480p', frame_images: [first] }],
  [
    0.1358,
    {
      model: 'bytedance/seedance-2.0-mini',
      duration: 4,
      resolution: '480p',
      aspect_ratio: '1:1',
      generate_audio: false,
    },
  ],
])('the bill on record, %f, for %j', async (cost, request) => {
  expect(await billOf(request)).toBe(cost);
});

test('the bill on record from the time of the dearer seedance-2.0-fast', async () => {
  const request = {
    model: 'bytedance/seedance-2.0-fast',
    duration: 4,
    resolution: '720p',
    aspect_ratio: '9:16',
  };
  expect(await billOf({ ...request, generate_audio: false }, catalogs.may)).toBe(0.4838);
});

test.each([
  // Kling: the key for sound beats the one for mode and resolution.
  [0.84, { model: 'kwaivgi/kling-v3.0-pro', duration: 5, generate_audio: true }],
  [0.56, { model: 'kwaivgi/kling-v3.0-pro', duration: 5, generate_audio: false }],
  // Sound omitted on a model that can is billed with sound; a missing tier falls back to the untiered key.
  [0.48, { model: 'google/veo-3.1-fast', duration: 4, resolution: '1080p' }],
  [1.2, { model: 'google/veo-3.1-fast', duration: 4, resolution: '4K' }],
  [0.8, { model: 'google/veo-3.1', duration: 4, resolution: '720p', generate_audio: false }],
  // By mode.
  [0.4, { model: 'alibaba/wan-2.6', duration: 5, resolution: '720p' }],
  [0.5, { model: 'alibaba/wan-2.6', duration: 5, resolution: '720p', frame_images: [first] }],
  // References: twice the base, unless a frame is given as well, which wins.
  [0.1, { model: 'heygen/heygen-video-1', duration: 5, resolution: '480p' }],
  [0.2, { model: 'heygen/heygen-video-1', duration: 5, resolution: '480p', input_references: [image()] }],
  [
    0.1,
    {
      model: 'heygen/heygen-video-1',
      duration: 5,
      resolution: '480p',
      input_references: [image()],
      frame_images: [first],
    },
  ],
  // Images on top: dollars for a reference, cents for any input image.
  [
    0.65,
    {
      model: 'minimax/hailuo-3',
      duration: 5,
      input_references: [image(), image('data:image/png;base64,AA')],
    },
  ],
  // The first five are free.
  [
    0.73,
    { model: 'minimax/hailuo-3', duration: 5, input_references: Array.from({ length: 7 }, () => image()) },
  ],
  // The pretended five seconds of input are billed like those of the output, unless a frame switches references off.
  [1.3, { model: 'minimax/hailuo-3', duration: 5, input_references: [video] }],
  [0.4, { model: 'heygen/heygen-video-1', duration: 5, resolution: '480p', input_references: [video] }],
  [
    0.1,
    {
      model: 'heygen/heygen-video-1',
      duration: 5,
      resolution: '480p',
      input_references: [video],
      frame_images: [first],
    },
  ],
  [0.41, { model: 'x-ai/grok-imagine-video-1.5', duration: 5, resolution: '480p', frame_images: [first] }],
  // A floor, an upscaler by output megapixel, an editor; all three on the pretended five seconds of 720p.
  [1.4, { model: 'runway/aleph-2', input_references: [video] }],
  [0.15, { model: 'black-forest-labs/flux-video-edit', input_references: [video] }],
  [1.3824, { model: 'black-forest-labs/flux-video-upscale', input_references: [video] }],
  [
    4.3546,
    {
      model: 'black-forest-labs/flux-video-upscale',
      input_references: [video],
      upscale_factor: 3,
      creativity: 1,
    },
  ],
  // Tokens: with a video as input (and this model's one frame more), and by resolution before sound.
  [
    0.4555,
    { model: 'bytedance/seedance-2.0-mini', duration: 5, resolution: '720p', input_references: [video] },
  ],
  [1.4969, { model: 'bytedance/seedance-2.0', duration: 4, resolution: '1080p', generate_audio: false }],
])('%f by the price list for %j', async (cost, request) => {
  expect(await billOf(request)).toBe(cost);
});

test('continuing a job has its own price', async () => {
  const simulator = await openSimulator();
  const clip = { model: 'black-forest-labs/flux-3-video', prompt: 'x', duration: 5, resolution: '720p' };
  const previous_job_id = await buyClip(simulator, clip);
  await buyClip(simulator, { ...clip, previous_job_id });
  expect(simulator.ledger().map((entry) => entry.price_usd)).toEqual([0.85, 2.05]);
});

test('a floor on the total', async () => {
  const priced = { duration_seconds: '0.01', minimum_cents_per_generation: '56' };
  const [model] = readCatalog().models;
  const simulator = await openSimulator({ catalog: { data: [{ ...model, pricing_skus: priced }] } });
  await buyClip(simulator, { model: model!.id, prompt: 'x', duration: 5 });
  expect(simulator.ledger()[0]?.price_usd).toBe(0.56);
});

test.each([
  ['no prices', null],
  ['a key nobody knows', { duration_seconds: '0.01', per_smile: '1' }],
  ['no key that applies', { duration_seconds_8k: '0.01' }],
])('%s: the bill is null, never zero', async (_case, pricing_skus) => {
  const [model] = readCatalog().models;
  const simulator = await openSimulator({ catalog: { data: [{ ...model, pricing_skus }] } });
  const id = await buyClip(simulator, { model: model!.id, prompt: 'x', duration: 5 });
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ usage: { cost: null } });
});

test.each([
  [{ 'per-video-second': '0.1', 'per-video-second-1080p': '0.3' }, 0.5],
  [{ generate: '0.50' }, 0.5],
])('the documented keys %j are read as well', async (pricing_skus, cost) => {
  const [model] = readCatalog().models;
  const simulator = await openSimulator({ catalog: { data: [{ ...model, pricing_skus }] } });
  await buyClip(simulator, { model: model!.id, prompt: 'x', duration: 5 });
  expect(simulator.ledger()[0]?.price_usd).toBe(cost);
});

test('a promotion and the unlisted surcharge change the bill, not the list', async () => {
  const simulator = await openSimulator();
  const veo = {
    model: 'google/veo-3.1-lite',
    prompt: 'x',
    duration: 4,
    resolution: '720p',
    generate_audio: false,
  };
  const wan = { model: 'alibaba/wan-3.0', prompt: 'x', duration: 2, resolution: '480p' };
  simulator.configure({ price_factors: { [veo.model]: 0.4 }, unlisted_surcharge: true });
  await buyClip(simulator, veo);
  await buyClip(simulator, wan);
  expect(simulator.ledger().map((entry) => entry.price_usd)).toEqual([0.048, 0.2125]);
});

for (const [name, source] of Object.entries(catalogs)) {
  test(`every model, resolution, length and sound of the ${name} catalog has a price`, async () => {
    const simulator = await openSimulator({ catalog: source, settings: { credits_usd: 1e6 } });
    for (const model of readCatalog(source).models) {
      for (const resolution of model.supported_resolutions ?? [undefined]) {
        for (const duration of model.supported_durations ?? [undefined]) {
          for (const generate_audio of model.generate_audio === false ? [undefined] : [true, false]) {
            const input_references =
              model.supported_durations === null ? [model.id.includes('avatar') ? image() : video] : [];
            await buyClip(simulator, {
              model: model.id,
              prompt: 'x',
              resolution,
              duration,
              generate_audio,
              input_references,
            });
          }
        }
      }
    }
    const ledger = simulator.ledger();
    expect(ledger.length).toBeGreaterThan(200);
    for (const { price_usd, price_lines, model } of ledger) {
      expect(price_usd, model).toBeGreaterThan(0);
      const lines = price_lines.reduce((sum, line) => sum + line.usd, 0);
      expect(Math.abs(lines - (price_usd ?? 0)), model).toBeLessThanOrEqual(0.00005 + 1e-9);
    }
  });
}
