// Preflight and provider options as a client meets them: over real sockets, with upstream's ledger as the witness.

import { Mp4OutputFormat } from 'mediabunny';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { file, JPEG, type MediaServer, PNG, ranged, startMediaServer } from '../../support/media-server.ts';
import { createVideo } from '../../support/videos.ts';

const SECRET = 'signature-canary-81f2';

let media: MediaServer;
let gateway: TestGateway;
beforeAll(async () => {
  media = await startMediaServer({
    '/a.png': file('image/png', PNG),
    '/b.png': file('image/png', JPEG),
    '/3s.mp4': ranged('video/mp4', await createVideo(new Mp4OutputFormat({ fastStart: false }), 3)),
  });
  gateway = await startTestGateway({ env: { OUTBOUND_ALLOW: '127.0.0.1/32' }, trust: [media.cert] });
});
afterAll(async () => {
  await gateway.close();
  await media.close();
});
afterEach(() => {
  media.requests.length = 0;
});

const clipWith = (...urls: string[]) => ({
  prompt: 'a paper boat',
  duration: 4,
  resolution: '720p',
  input_references: urls.map((url) => ({ type: 'image_url', image_url: { url } })),
});
const VEO = 'google/veo-3.1';
const at = (path: string) => `${media.url}${path}?sig=${SECRET}`;

type Json = Record<string, unknown>;
async function post(path: string, body: object, to: TestGateway = gateway) {
  const answer = await to.post(path, body);
  return { status: answer.status, body: (await answer.json()) as Json };
}

describe('preflight', () => {
  it('lets a clip through whose media are in order', async () => {
    const clip = { ...clipWith(at('/a.png')), preflight: true };
    const { status, body } = await post('/route', clip);
    expect(status).toBe(200);
    // It is ours, not upstream's.
    expect(body['request']).not.toHaveProperty('preflight');
    expect(media.requests).toEqual([`HEAD /a.png?sig=${SECRET}`, `GET /a.png?sig=${SECRET}`]);
  });

  it.each<[string, object]>([
    ['/route', {}],
    ['/jobs', {}],
    ['/jobs', { model: VEO }],
    ['/jobs', { model: VEO, dry_run: true }],
  ])('refuses on %s with %j, names every URL at fault, and buys nothing', async (path, more) => {
    const before = gateway.simulator.ledger().length;
    const urls = [at('/b.png'), at('/a.png'), at('/nowhere'), 'https://10.0.0.1/a.png'];
    const { status, body } = await post(path, { ...clipWith(...urls), ...more, preflight: true });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'media_unreachable',
      detail: expect.stringMatching(
        /^\/input_references\/0\/image_url\/url says .* \(and 2 more\)\. Nothing was bought\.$/,
      ),
      errors: [
        { pointer: '/input_references/0/image_url/url', message: 'says it is image/png, but is JPEG inside' },
        { pointer: '/input_references/2/image_url/url', message: 'answers 404' },
        {
          pointer: '/input_references/3/image_url/url',
          message: 'cannot be reached: its host has no public address',
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(SECRET);
    expect(gateway.simulator.ledger()).toHaveLength(before);
  });

  it('measures video references, by whose seconds the clip is priced and its cap judged', async () => {
    const clip = {
      prompt: 'a paper boat',
      duration: 5,
      resolution: '480p',
      models: { allow: ['heygen/heygen-video-1'] },
      max_cost_usd: 0.5,
      input_references: [{ type: 'video_url', video_url: { url: at('/3s.mp4') } }],
    };
    // 3 s of input and 5 s of output at $0.04; up to 15 s of input where nobody has looked.
    const unknown = await post('/route', clip);
    expect(unknown).toMatchObject({ status: 422, body: { code: 'no_matching_model' } });
    const { status, body } = await post('/route', { ...clip, preflight: true });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      candidates: [{ estimate: { usd: 0.32, low_usd: 0.32, high_usd: 0.32, ceiling_usd: 0.32 } }],
      quote_ceiling_usd: 0.32,
    });
    // The quote stands for the same question, measured again.
    const bought = await post('/jobs', { ...clip, preflight: true, quote: body['quote'] });
    expect(bought).toMatchObject({ status: 202, body: { cost: { ceiling_usd: 0.32 } } });
    const named = { ...clip, models: undefined, model: 'heygen/heygen-video-1' };
    expect(await post('/jobs', named)).toMatchObject({ status: 422, body: { code: 'unsupported_request' } });
    expect(await post('/jobs', { ...named, preflight: true })).toMatchObject({ status: 202 });
  });

  it('may be tried again under the same key once the media are in order', async () => {
    const headers = { 'idempotency-key': 'preflight-1' };
    const refused = await gateway.post(
      '/jobs',
      { ...clipWith(at('/nowhere')), model: VEO, preflight: true },
      headers,
    );
    const made = await gateway.post(
      '/jobs',
      { ...clipWith(at('/a.png')), model: VEO, preflight: true },
      headers,
    );
    expect([refused.status, made.status]).toEqual([422, 202]);
  });

  it('is off by default, and for every request where the gateway says so', async () => {
    expect((await post('/route', clipWith(at('/nowhere')))).status).toBe(200);
    expect(media.requests).toEqual([]);
    const strict = await startTestGateway({ env: { PREFLIGHT: 'always' } });
    for (const preflight of [undefined, false, true]) {
      const { status, body } = await post(
        '/jobs',
        { ...clipWith(at('/a.png')), model: VEO, preflight },
        strict,
      );
      // Without OUTBOUND_ALLOW loopback is as far away as any address inside.
      expect([status, body['code']]).toEqual([422, 'media_unreachable']);
    }
    expect(strict.simulator.ledger()).toEqual([]);
    await strict.close();
  });

  it('does not start with networks that are none', () => {
    const env = { CLIENT_AUTH: 'none', OUTBOUND_ALLOW: '10.1.0.0/16,10.2.0.0,inside' };
    expect(() => parseConfig(env)).toThrow(/OUTBOUND_ALLOW.*entry 2 is not a network/);
  });

  it('keeps URLs out of the log', () => {
    expect(gateway.logLines.length).toBeGreaterThan(0);
    expect(gateway.logLines.join('')).not.toContain(SECRET);
    expect(gateway.logLines.join('')).not.toContain('10.0.0.1');
  });
});

describe('provider options', () => {
  const clip = (options: object) => ({ prompt: 'x', duration: 4, resolution: '720p', provider: { options } });

  it('are refused with the keys and what there is instead, before anything is bought', async () => {
    const before = gateway.simulator.ledger().length;
    const options = { 'google-vertex': { parameters: { negativePrompt: 'rain', sampleCount: 2 } } };
    const { status, body } = await post('/jobs', { ...clip(options), model: VEO });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'unsupported_request',
      errors: [
        {
          pointer: '/provider/options',
          message: expect.stringMatching(
            /^this model does not support sampleCount; supported options: .*negativePrompt/,
          ),
        },
      ],
      reasons: [{ code: 'unsupported_passthrough', requested: ['sampleCount'] }],
    });
    expect(gateway.simulator.ledger()).toHaveLength(before);
  });

  it('are left out for models that lack them where that is asked for, and the answer says so', async () => {
    const options = { 'google-vertex': { parameters: { negativePrompt: 'rain', sampleCount: 2 } } };
    const body = { ...clip(options), model: VEO, passthrough: 'when_supported', dry_run: true };
    const { body: plan } = await post('/jobs', body);
    expect(plan).toMatchObject({
      request: { provider: { options: { 'google-vertex': { parameters: { negativePrompt: 'rain' } } } } },
      warnings: [{ code: 'not_sent', message: expect.stringContaining('sampleCount') }],
    });
  });

  it.each<[string, object]>([
    ['provider.options.vertex', { vertex: { negativePrompt: 'rain' } }],
    ['provider.options.google-vertex', { 'google-vertex': { negativePrompt: 'rain' } }],
  ])('that upstream would drop have a warning: %s', async (field, options) => {
    const { body } = await post('/route', { ...clip(options), models: { allow: [VEO] } });
    expect(body['warnings']).toEqual([
      { code: 'dropped_by_upstream', field, message: expect.stringContaining('negativePrompt') },
    ]);
  });

  it('for several providers are judged by each model’s own', async () => {
    const options = {
      'google-vertex': { parameters: { negativePrompt: 'rain' } },
      'atlas-cloud': { negative_prompt: 'rain' },
    };
    const { body } = await post('/route', {
      ...clip(options),
      models: { allow: ['google/*', 'alibaba/wan-2.7'] },
    });
    const models = (body['candidates'] as { model: string }[]).map(({ model }) => model);
    expect(models).toEqual(expect.arrayContaining([VEO, 'alibaba/wan-2.7']));
    expect((body['request'] as Json)['provider']).toEqual({ options });
    expect(body['warnings']).toMatchObject([{ code: 'dropped_by_upstream' }]);
  });
});
