// Parses one key of `pricing_skus`: its unit, and the conditions under which it applies.

/** What one unit of a key is, and what its decimal string counts. */
export type SkuUnit =
  | 'usd_per_second'
  | 'cents_per_second'
  | 'cents_per_megapixel_second'
  | 'usd_per_video_token'
  | 'usd_per_video'
  | 'cents_per_image'
  | 'usd_per_reference_image'
  | 'minimum_cents';

export type Sku = {
  readonly key: string;
  readonly unit: SkuUnit;
  /** Lower case: capabilities spell `4K` where keys spell `4k`. */
  readonly resolution?: string | undefined;
  readonly sound?: 'with' | 'without' | undefined;
  readonly mode?: 'text' | 'image' | 'reference' | 'continuation' | undefined;
  readonly creative?: boolean | undefined;
  readonly videoInput?: boolean | undefined;
};

const tier = '(?:[_-](?<resolution>\\d+[pk]))?';
const sound = '(?:_(?<sound>with|without)_audio)?';

const forms: readonly { readonly unit: SkuUnit; readonly pattern: RegExp }[] = [
  {
    unit: 'usd_per_second',
    pattern: new RegExp(
      `^(?:(?<mode>text|image)_to_video_|(?<reference>reference)_)?duration_seconds${sound}${tier}$`,
    ),
  },
  { unit: 'usd_per_second', pattern: new RegExp(`^per-video-second${tier}$`) },
  {
    unit: 'cents_per_second',
    pattern: new RegExp(`^cents_per_(?:video_output_second|second_output|second)${sound}${tier}$`),
  },
  {
    unit: 'cents_per_second',
    pattern: new RegExp(`^cents_per_second_video_(?<continuation>continuation)${tier}$`),
  },
  {
    unit: 'cents_per_megapixel_second',
    pattern: /^cents_per_megapixel_second_(?<style>precise|creative)$/,
  },
  {
    unit: 'usd_per_video_token',
    pattern: new RegExp(`^video_tokens${tier}${sound}(?<videoInput>_with_video_input)?$`),
  },
  { unit: 'usd_per_video', pattern: /^generate$/ },
  { unit: 'cents_per_image', pattern: /^cents_per_image_input$/ },
  { unit: 'usd_per_reference_image', pattern: /^reference_images$/ },
  { unit: 'minimum_cents', pattern: /^minimum_cents_per_generation$/ },
];

/** Parses a key; undefined for one outside the vocabulary, which is never priced by guessing. */
export function readSku(key: string): Sku | undefined {
  for (const { unit, pattern } of forms) {
    const groups = pattern.exec(key.toLowerCase());
    if (groups === null) continue;
    const found = groups.groups ?? {};
    return {
      key,
      unit,
      resolution: found['resolution'],
      sound: oneOf(found['sound'], 'with', 'without'),
      mode: oneOf(
        found['mode'] ?? found['reference'] ?? found['continuation'],
        'text',
        'image',
        'reference',
        'continuation',
      ),
      creative: found['style'] === undefined ? undefined : found['style'] === 'creative',
      videoInput: found['videoInput'] === undefined ? undefined : true,
    };
  }
  return undefined;
}

function oneOf<const T extends string>(value: string | undefined, ...allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}
