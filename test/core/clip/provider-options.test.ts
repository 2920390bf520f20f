// Where each family's options must stand, who is judged by which of them, and what upstream would drop in silence.

import { describe, expect, it } from 'vitest';
import type { ClipSpec } from '../../../src/core/clip/clip-spec.ts';
import {
  findDroppedOptions,
  joinSlugs,
  slugsOf,
  wrapperOf,
} from '../../../src/core/clip/provider-options.ts';
import { buildSubmission } from '../../../src/core/clip/submission.ts';
import { findReasons } from '../../../src/core/routing/eligibility.ts';
import { providerOf } from '../../../src/simulator/providers.ts';
import { modelOf, octoberCatalog } from '../../support/catalogs.ts';

const catalog = octoberCatalog();
const model = (id: string) => modelOf(catalog, id);
type Options = NonNullable<NonNullable<ClipSpec['provider']>['options']>;
const spec = (options: Options): ClipSpec => ({ prompt: 'x', provider: { options } });
const lacks = (id: string, options: Options) =>
  findReasons(model(id), spec(options), {}).flatMap(({ code, requested }) =>
    code === 'unsupported_passthrough' ? [requested] : [],
  );
const drops = (id: string, options: Options) =>
  findDroppedOptions(model(id), { options }).map(({ field }) => field);

describe('slugs and wrappers', () => {
  it.each([
    ['google/veo-3.1', ['google-vertex'], 'parameters'],
    ['alibaba/wan-2.6', ['atlas-cloud'], 'flat'],
    ['alibaba/wan-2.7', ['atlas-cloud'], 'flat'],
    ['alibaba/wan-3.0-prime', ['alibaba'], 'flat'],
    ['alibaba/happyhorse-1.1', ['alibaba'], 'flat'],
    ['kwaivgi/kling-v3.0-pro', ['atlas-cloud'], 'flat'],
    ['bytedance/seedance-2.0-fast', ['seed', 'byteplus'], 'flat'],
    ['x-ai/grok-imagine-video', ['xai'], 'flat'],
    ['runway/aleph-2', ['runway'], 'flat'],
    ['black-forest-labs/flux-3-video', ['black-forest-labs'], 'flat'],
    ['heygen/avatar-iv', ['heygen'], 'flat'],
    ['minimax/hailuo-3', ['minimax'], 'flat'],
    ['openai/sora-2-pro', ['openai'], 'flat'],
  ])('%s: %j, %s', (id, slugs, wrapper) => {
    expect(slugsOf(model(id))).toEqual(slugs);
    expect(wrapperOf(slugs[0] ?? '')).toBe(wrapper);
  });

  it('knows every model of the catalog, and agrees with the simulator, which was written apart', () => {
    for (const known of catalog.models) {
      const provider = providerOf(known.id);
      expect({ id: known.id, slugs: slugsOf(known) }).toEqual({ id: known.id, slugs: provider.slugs });
      expect(wrapperOf(provider.slugs[0]) === 'parameters').toBe(provider.wrapsOptions);
    }
  });

  it('says nothing of a family it does not know', () => {
    const stranger = { ...model('google/veo-3.1'), id: 'acme/dream-1' };
    expect(slugsOf(stranger)).toBeNull();
    expect(findDroppedOptions(stranger, { options: { acme: { negativePrompt: 'rain' } } })).toEqual([]);
  });

  it.each<[string, string, string[], string[] | null]>([
    ['no tags: nothing learned', 'google/veo-3.1', [], null],
    ['the tag that is known', 'google/veo-3.1', ['google-vertex'], ['google-vertex']],
    [
      'a region, with and without',
      'google/veo-3.1',
      ['google-vertex/eu'],
      ['google-vertex', 'google-vertex/eu'],
    ],
    ['a family’s other name stays good', 'bytedance/seedance-2.0', ['seed'], ['seed', 'byteplus']],
    ['a model that moved', 'kwaivgi/kling-v3.0-pro', ['kling'], ['kling']],
    ['a second provider', 'alibaba/wan-2.7', ['atlas-cloud', 'alibaba'], ['atlas-cloud', 'alibaba']],
    ['a family nobody knows', 'acme/dream-1', ['acme'], ['acme']],
  ])('%s', (_name, id, tags, expected) => {
    expect(joinSlugs(id, tags)).toEqual(expected);
  });
});

describe('which options a model is judged by', () => {
  it.each<[string, string, Options, unknown[]]>([
    ['its own, flat', 'alibaba/wan-2.7', { 'atlas-cloud': { negative_prompt: 'rain' } }, []],
    [
      'its own, wrapped',
      'google/veo-3.1',
      { 'google-vertex': { parameters: { negativePrompt: 'rain' } } },
      [],
    ],
    [
      'its own in the wrong form, all the same',
      'google/veo-3.1',
      { 'google-vertex': { negativePrompt: 'rain' } },
      [],
    ],
    ['a key it lacks, flat', 'alibaba/wan-2.7', { 'atlas-cloud': { cfg_scale: 1 } }, [['cfg_scale']]],
    [
      'a key it lacks, nested',
      'google/veo-3.1',
      { 'google-vertex': { parameters: { sampleCount: 2, negativePrompt: 'rain' } } },
      [['sampleCount']],
    ],
    [
      'its own beside others, whose keys are not held against it',
      'google/veo-3.1',
      {
        'google-vertex': { parameters: { negativePrompt: 'rain' } },
        'atlas-cloud': { negative_prompt: 'rain' },
      },
      [],
    ],
    ['either of two names', 'bytedance/seedance-2.0', { byteplus: { watermark: false } }, []],
    [
      'both of two names',
      'bytedance/seedance-2.0',
      { byteplus: { watermark: false }, seed: { nope: 1 } },
      [['nope']],
    ],
    ['nobody’s but another’s: all of them', 'alibaba/wan-2.7', { 'google-vertex': { nope: 1 } }, [['nope']]],
    [
      'several others’, pooled',
      'openai/sora-2-pro',
      { xai: { quality: 'high' }, runway: { contentModeration: {} } },
      [['contentModeration']],
    ],
    ['an empty slug of its own', 'alibaba/wan-2.7', { 'atlas-cloud': {}, xai: { nope: 1 } }, []],
    ['a model without options', 'x-ai/grok-imagine-video', { xai: { anything: 1 } }, [['anything']]],
    ['none', 'x-ai/grok-imagine-video', {}, []],
  ])('%s', (_name, id, options, expected) => {
    expect(lacks(id, options)).toEqual(expected);
  });
});

describe('what upstream drops in silence', () => {
  it.each<[string, string, Options, string[]]>([
    [
      'nothing of the right form',
      'google/veo-3.1',
      { 'google-vertex': { parameters: { negativePrompt: 'x' } } },
      [],
    ],
    [
      'flat where a wrapper is wanted',
      'google/veo-3.1',
      { 'google-vertex': { negativePrompt: 'x' } },
      ['google-vertex'],
    ],
    [
      'an option beside the wrapper',
      'google/veo-3.1',
      { 'google-vertex': { parameters: { negativePrompt: 'x' }, personGeneration: 'y' } },
      ['google-vertex'],
    ],
    [
      'a wrapper that is not one',
      'google/veo-3.1',
      { 'google-vertex': { parameters: 'x' } },
      ['google-vertex'],
    ],
    [
      'a wrapper where flat is wanted',
      'alibaba/wan-2.7',
      { 'atlas-cloud': { parameters: { size: 1 } } },
      ['atlas-cloud'],
    ],
    ['a flat option named parameters', 'alibaba/wan-2.7', { 'atlas-cloud': { parameters: 'x' } }, []],
    ['another’s slug', 'alibaba/wan-3.0', { 'atlas-cloud': { size: 1 } }, ['atlas-cloud']],
    ['the author’s name', 'google/veo-3.1', { google: { negativePrompt: 'x' } }, ['google']],
    ['a slug in another case', 'x-ai/grok-imagine-video', { XAI: {} }, ['XAI']],
    [
      'only the foreign ones',
      'bytedance/seedance-2.0',
      { seed: {}, byteplus: {}, bytedance: {} },
      ['bytedance'],
    ],
  ])('%s', (_name, id, options, slugs) => {
    expect(drops(id, options)).toEqual(slugs.map((slug) => `provider.options.${slug}`));
  });

  it('believes upstream over the table once it was asked', () => {
    const moved = { ...model('kwaivgi/kling-v3.0-pro'), providerSlugs: ['kling'] };
    expect(findDroppedOptions(moved, { options: { kling: { cfg_scale: 1 } } })).toEqual([]);
    expect(findDroppedOptions(moved, { options: { 'atlas-cloud': { cfg_scale: 1 } } })).toHaveLength(1);
  });

  it('is a warning beside a body that keeps the options, with what is known named', () => {
    const asked = spec({ 'atlas-cloud': { negative_prompt: 'rain' }, alibaba: { negative_prompt: 'rain' } });
    const { body, warnings } = buildSubmission(model('alibaba/wan-2.7'), asked, {});
    expect(body['provider']).toEqual(asked.provider);
    expect(warnings).toEqual([
      {
        code: 'dropped_by_upstream',
        field: 'provider.options.alibaba',
        message: expect.stringContaining(
          'takes options under atlas-cloud, not under alibaba (negative_prompt)',
        ),
      },
    ]);
  });

  it('does not warn of options that were left out anyway', () => {
    const asked = spec({ 'atlas-cloud': { negative_prompt: 'rain' }, xai: { nope: 1 } });
    const { body, warnings } = buildSubmission(model('alibaba/wan-2.7'), asked, {
      passthrough: 'when_supported',
    });
    expect(body['provider']).toEqual({ options: { 'atlas-cloud': { negative_prompt: 'rain' } } });
    expect(warnings.map(({ code }) => code)).toEqual(['not_sent']);
  });
});
