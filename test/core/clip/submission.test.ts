// The body sent upstream: every field of the spec but those that must not go, and a word on each that did not.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClipSpec } from '../../../src/core/clip/clip-spec.ts';
import { buildSubmission } from '../../../src/core/clip/submission.ts';
import { modelOf, octoberCatalog } from '../../support/catalogs.ts';

const catalog = octoberCatalog();
const build = (id: string, spec: ClipSpec, passthrough?: 'when_supported') =>
  buildSubmission(modelOf(catalog, id), spec, passthrough ? { passthrough } : {});

describe('buildSubmission', () => {
  it('adds the model and loses nothing', () => {
    const spec: ClipSpec = {
      prompt: 'x',
      duration: 4,
      size: '1280x720',
      resolution: '720p',
      generate_audio: false,
      seed: 0,
      session_id: 's',
      user: 'u',
      trace: { a: [1, { b: null }] },
      previous_job_id: 'gen-vid-1',
      provider: { options: { 'google-vertex': { parameters: { negativePrompt: 'rain' } } } },
    };
    expect(build('google/veo-3.1', spec)).toEqual({
      body: { model: 'google/veo-3.1', ...spec },
      warnings: [],
    });
  });

  it('spells a resolution as the catalog does, which upstream may insist on', () => {
    expect(build('google/veo-3.1', { resolution: '1080P' }).body['resolution']).toBe('1080p');
    expect(build('google/veo-3.1', { resolution: '4k' }).body['resolution']).toBe('4K');
  });

  it('leaves out fields that are undefined rather than sending them', () => {
    expect(Object.keys(build('google/veo-3.1', { prompt: 'x', seed: undefined }).body)).toEqual([
      'model',
      'prompt',
    ]);
  });

  it('never sends sound or seed to a model not known to take them, and says so where it matters', () => {
    const { body, warnings } = build('x-ai/grok-imagine-video', {
      prompt: 'x',
      generate_audio: true,
      seed: 7,
    });
    expect(body).toEqual({ model: 'x-ai/grok-imagine-video', prompt: 'x' });
    expect(warnings.map(({ field }) => field)).toEqual(['generate_audio', 'seed']);
    // Silence from a silent model is what was asked for.
    expect(build('runway/gen-4.5', { prompt: 'x', generate_audio: false })).toEqual({
      body: { model: 'runway/gen-4.5', prompt: 'x' },
      warnings: [],
    });
  });

  it('leaves out provider options a model lacks, with when_supported, and keeps the spec whole', () => {
    const spec: ClipSpec = {
      prompt: 'x',
      provider: {
        options: {
          'atlas-cloud': { negative_prompt: 'rain', cfg_scale: 0.5, parameters: { shot_type: 'a' } },
          other: { nope: 1 },
        },
      },
    };
    const before = structuredClone(spec);
    const { body, warnings } = build('kwaivgi/kling-video-o1', spec, 'when_supported');
    expect(body['provider']).toEqual({ options: { 'atlas-cloud': { negative_prompt: 'rain' } } });
    expect(warnings[0]?.message).toContain('cfg_scale, shot_type, nope');
    expect(spec).toEqual(before);
    expect(build('x-ai/grok-imagine-video', spec, 'when_supported').body).not.toHaveProperty('provider');
  });

  it('warns that frames beat references', () => {
    const url = { url: 'https://example.com/a.png' };
    const { warnings } = build('google/veo-3.1', {
      frame_images: [{ type: 'image_url', image_url: url, frame_type: 'first_frame' }],
      input_references: [{ type: 'image_url', image_url: url }],
    });
    expect(warnings.map(({ code }) => code)).toEqual(['ignored_by_upstream']);
  });

  it('sends, for any spec, the spec and the model but for what a warning or a silent model explains', () => {
    const specs = fc.record(
      {
        prompt: fc.string(),
        duration: fc.integer({ min: 1, max: 30 }),
        seed: fc.integer(),
        generate_audio: fc.boolean(),
        user: fc.string(),
        trace: fc.dictionary(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom(...catalog.models), specs, (model, spec) => {
        const { body, warnings } = buildSubmission(model, spec as ClipSpec, {});
        const left = Object.keys(spec).filter((field) => !(field in body));
        const explained = [
          ...warnings.map(({ field }) => field),
          ...(model.generateAudio === false ? ['generate_audio'] : []),
          ...(model.seed === false ? ['seed'] : []),
        ];
        expect(explained).toEqual(expect.arrayContaining(left));
        for (const [field, value] of Object.entries(spec)) if (field in body) expect(body[field]).toBe(value);
        expect(Object.keys(body)).toHaveLength(1 + Object.keys(spec).length - left.length);
      }),
    );
  });
});
