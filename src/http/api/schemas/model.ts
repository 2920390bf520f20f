// The schemas of the catalog and its query.

import { z } from 'zod';
import { clipSpecShape } from '../../../core/clip/clip-spec.ts';
import { listOf } from './list.ts';
import { queryAmount, queryInteger } from './query.ts';

const PriceSchema = z.object({
  sku: z.string().describe("The key in OpenRouter's price list."),
  unit: z.string(),
  usd: z.number().describe('US dollars per unit, converted from whatever OpenRouter lists.'),
  when: z.record(z.string(), z.unknown()).describe('Conditions on the clip for this price to apply.'),
});

const modelExample = {
  id: 'google/veo-3.1-lite',
  name: 'Google: Veo 3.1 Lite',
  created: 1776978818,
  durations: [4, 6, 8],
  resolutions: ['720p', '1080p'],
  aspect_ratios: ['16:9', '9:16'],
  sizes: ['1280x720', '720x1280', '1920x1080', '1080x1920'],
  frame_images: ['first_frame', 'last_frame'],
  input_modalities: ['text', 'image'],
  generate_audio: true,
  seed: true,
  passthrough_parameters: ['negativePrompt'],
  upscale_factor: null,
  creativity: null,
  prices: [
    {
      sku: 'duration_seconds_with_audio_720p',
      unit: 'second',
      usd: 0.05,
      when: { audio: true, resolution: '720p' },
    },
  ],
  unknown_skus: [],
  unreadable: false,
  unreadable_fields: [],
};

export const ModelSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    created: z.int().describe('Unix seconds.'),
    durations: listOf(z.number()).nullable().describe('Seconds; null = the duration follows from the input.'),
    resolutions: listOf(z.string()).nullable().describe('null = follows from the input.'),
    aspect_ratios: listOf(z.string()).nullable(),
    sizes: listOf(z.string()).nullable().describe('null = not enumerated by OpenRouter, not an empty list.'),
    frame_images: listOf(z.string()),
    input_modalities: listOf(z.string()),
    generate_audio: z.boolean().nullable().describe('null = unknown.'),
    seed: z.boolean().nullable().describe('null = unknown.'),
    passthrough_parameters: listOf(z.string()),
    upscale_factor: z.object({ min: z.number().nullable(), max: z.number().nullable() }).nullable(),
    creativity: listOf(z.number()).nullable(),
    prices: listOf(PriceSchema),
    unknown_skus: listOf(z.string()).describe('Price keys that are not understood and therefore never used.'),
    unreadable: z
      .boolean()
      .describe("true if parts of OpenRouter's newest entry could not be parsed; see `unreadable_fields`."),
    unreadable_fields: listOf(z.string()).describe(
      'Fields that could not be parsed. They keep their last good value; without one they are unknown, and no request is refused because of them. `id` = the whole entry.',
    ),
  })
  .meta({ id: 'Model', description: 'A model: its capabilities and prices.', examples: [modelExample] });

export const catalogExample = {
  fetched_at: '2026-10-02T09:00:00.000Z',
  age_s: 12,
  stale: false,
  models: 30,
  dropped: 0,
  unreadable: 0,
};

export const CatalogSchema = z
  .object({
    fetched_at: z.iso.datetime(),
    age_s: z.int().describe('Seconds since the catalog was fetched.'),
    stale: z
      .boolean()
      .describe('The catalog is older than CATALOG_MAX_AGE_S because it could not be refreshed.'),
    models: z.int(),
    dropped: z.int().describe('Entries that could not be parsed and were left out.'),
    unreadable: z
      .int()
      .describe('Models with fields that could not be parsed; each lists them in `unreadable_fields`.'),
  })
  .meta({
    id: 'Catalog',
    description: 'The catalog that a response is based on.',
    examples: [catalogExample],
  });

export const ModelListSchema = z.object({ data: listOf(ModelSchema), catalog: CatalogSchema }).meta({
  id: 'ModelList',
  description: 'The matching models, and the age of the catalog.',
  examples: [{ data: [modelExample], catalog: catalogExample }],
});

export const MODES = ['text_to_video', 'image_to_video', 'reference_to_video', 'video_to_video'] as const;

export const ModelQuerySchema = z.strictObject({
  duration: queryInteger(1, 3600)
    .optional()
    .describe('Only models that support this duration, in seconds.')
    .meta({ examples: [4] }),
  resolution: clipSpecShape.resolution,
  aspect_ratio: clipSpecShape.aspect_ratio,
  size: clipSpecShape.size,
  mode: z.enum(MODES).optional().describe('Only models that support this kind of input.'),
  generate_audio: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: only models that generate audio; `false`: only models that do not.'),
  seed: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: only models that accept a seed; `false`: only models that do not.'),
  max_cost_usd: queryAmount(100_000)
    .optional()
    .describe('Only models on which a clip with the other parameters costs at most this many US dollars.')
    .meta({ examples: [1] }),
});
export type ModelQuery = z.infer<typeof ModelQuerySchema>;

export const ModelParamsSchema = z.strictObject({
  author: z
    .string()
    .regex(/^[\w.-]{1,80}$/)
    .describe('The part of the model id before the slash.')
    .meta({ examples: ['google'] }),
  slug: z
    .string()
    .regex(/^[\w.:-]{1,120}$/)
    .describe('The part of the model id after the slash.')
    .meta({ examples: ['veo-3.1-lite'] }),
});
