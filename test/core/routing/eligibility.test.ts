// Every reason a model can be refused for, on the real catalog, and that all of them are given.

import { describe, expect, it } from 'vitest';
import type { VideoModel } from '../../../src/core/catalog/catalog.ts';
import type { ClipSpec, Routing } from '../../../src/core/clip/clip-spec.ts';
import { passthroughKeys } from '../../../src/core/clip/provider-options.ts';
import { findReasons } from '../../../src/core/routing/eligibility.ts';
import { modelOf, octoberCatalog } from '../../support/catalogs.ts';

const catalog = octoberCatalog();
const reasons = (id: string, spec: ClipSpec, routing: Routing = {}, changes: Partial<VideoModel> = {}) =>
  findReasons({ ...modelOf(catalog, id), ...changes }, { prompt: 'x', ...spec }, routing);
const codes = (...args: Parameters<typeof reasons>) => reasons(...args).map(({ code }) => code);

const frame = (frame_type: 'first_frame' | 'last_frame') =>
  ({ type: 'image_url', image_url: { url: 'https://example.com/a.png' }, frame_type }) as const;
const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } } as const;
const video = { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } } as const;
const audio = { type: 'audio_url', audio_url: { url: 'https://example.com/a.mp3' } } as const;

describe('findReasons', () => {
  it('gives all reasons, each with its field, what was asked and what there is', () => {
    expect(
      reasons('google/veo-3.1-lite', {
        duration: 5,
        resolution: '4K',
        aspect_ratio: '1:1',
        input_references: [video],
      }),
    ).toEqual([
      { code: 'unsupported_duration', field: 'duration', requested: 5, supported: [4, 6, 8] },
      { code: 'unsupported_resolution', field: 'resolution', requested: '4K', supported: ['720p', '1080p'] },
      {
        code: 'unsupported_aspect_ratio',
        field: 'aspect_ratio',
        requested: '1:1',
        supported: ['16:9', '9:16'],
      },
      { code: 'unsupported_reference', field: 'input_references', requested: 'video', supported: ['image'] },
    ]);
  });

  it.each<[string, string, ClipSpec, string[]]>([
    ['a resolution in another case', 'google/veo-3.1', { resolution: '4k' }, []],
    [
      'a length on a model whose length follows from its input',
      'runway/aleph-2',
      { duration: 5, input_references: [video] },
      ['unsupported_duration'],
    ],
    [
      'a resolution on a model that inherits it',
      'black-forest-labs/flux-video-edit',
      { resolution: '720p', input_references: [video] },
      ['unsupported_resolution'],
    ],
    ['a size that is listed', 'google/veo-3.1', { size: '3840x2160' }, []],
    ['a size that is not listed', 'google/veo-3.1', { size: '1000x1000' }, ['unsupported_size']],
    [
      'a size where none are enumerated, of a listed resolution and ratio',
      'alibaba/wan-3.0',
      { size: '1280x720' },
      [],
    ],
    [
      'a size where none are enumerated, of no listed resolution',
      'alibaba/wan-3.0',
      { size: '3840x2160' },
      ['unsupported_size'],
    ],
    [
      'a size where none are enumerated, of no listed ratio',
      'alibaba/wan-3.0',
      { size: '1680x720' },
      ['unsupported_size'],
    ],
    [
      'first and last frame',
      'google/veo-3.1',
      { frame_images: [frame('first_frame'), frame('last_frame')] },
      [],
    ],
    [
      'a last frame on a model with first frames',
      'runway/gen-4.5',
      { frame_images: [frame('last_frame')] },
      ['unsupported_frame_image'],
    ],
    [
      'a frame on a model without',
      'openai/sora-2-pro',
      { frame_images: [frame('first_frame')] },
      ['unsupported_frame_image'],
    ],
    ['references of every kind', 'bytedance/seedance-2.0', { input_references: [image, video, audio] }, []],
    [
      'sound and video references on a model for images',
      'google/veo-3.1',
      { input_references: [audio, video, image] },
      ['unsupported_reference', 'unsupported_reference'],
    ],
    ['sound from a silent model', 'runway/gen-4.5', { generate_audio: true }, ['unsupported_audio']],
    ['silence from a silent model', 'runway/gen-4.5', { generate_audio: false }, []],
    ['sound where the capability is unknown', 'x-ai/grok-imagine-video', { generate_audio: true }, []],
    ['a seed where there is none', 'openai/sora-2-pro', { seed: 7 }, ['unsupported_seed']],
    ['a seed where the capability is unknown', 'x-ai/grok-imagine-video', { seed: 7 }, []],
    ['nothing to upscale', 'black-forest-labs/flux-video-upscale', {}, ['missing_input']],
    [
      'an upscale in range',
      'black-forest-labs/flux-video-upscale',
      { input_references: [video], upscale_factor: 2, creativity: 1 },
      [],
    ],
    [
      'an upscale out of range',
      'black-forest-labs/flux-video-upscale',
      { input_references: [video], upscale_factor: 4, creativity: 2 },
      ['unsupported_upscale', 'unsupported_creativity'],
    ],
    [
      'an upscale by a model that makes clips',
      'google/veo-3.1',
      { upscale_factor: 2 },
      ['unsupported_upscale'],
    ],
    ['an avatar without a picture', 'heygen/avatar-iv', {}, ['missing_input']],
    ['an avatar with one', 'heygen/avatar-iv', { input_references: [image] }, []],
  ])('%s', (_name, id, spec, expected) => {
    expect(codes(id, spec)).toEqual(expected);
  });

  it('refuses references where upstream does not say what a model takes', () => {
    expect(codes('google/veo-3.1', { input_references: [image] }, {}, { inputModalities: null })).toEqual([
      'unsupported_reference',
    ]);
  });

  it('heeds allow and deny lists, whole authors included', () => {
    expect(codes('google/veo-3.1', {}, { models: { allow: ['google/veo-3.1'] } })).toEqual([]);
    expect(codes('google/veo-3.1', {}, { models: { allow: ['google/*'] } })).toEqual([]);
    expect(codes('google/veo-3.1', {}, { models: { allow: ['goo/*', 'google/veo-3.1-lite'] } })).toEqual([
      'not_allowed',
    ]);
    expect(codes('google/veo-3.1', {}, { models: { deny: ['google/*'] } })).toEqual(['denied']);
    expect(
      codes('google/veo-3.1', {}, { models: { allow: ['google/*'], deny: ['google/veo-3.1'] } }),
    ).toEqual(['denied']);
  });

  it('finds provider options flat and in a parameters wrapper', () => {
    const provider = {
      options: {
        'google-vertex': { parameters: { negativePrompt: 'rain', made_up: 1 }, personGeneration: 'x' },
      },
    };
    expect(passthroughKeys({ provider })).toEqual(['negativePrompt', 'made_up', 'personGeneration']);
    expect(reasons('google/veo-3.1', { provider })).toEqual([
      {
        code: 'unsupported_passthrough',
        field: 'provider.options',
        requested: ['made_up'],
        supported: [
          'personGeneration',
          'aspectRatio',
          'negativePrompt',
          'conditioningScale',
          'enhancePrompt',
        ],
      },
    ]);
    expect(codes('google/veo-3.1', { provider }, { passthrough: 'when_supported' })).toEqual([]);
  });

  it('takes a flat option named parameters for an option', () => {
    expect(passthroughKeys({ provider: { options: { x: { parameters: 'fast' } } } })).toEqual(['parameters']);
  });
});
