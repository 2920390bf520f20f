// What models can do and are sold by, in words.

const UNITS: Readonly<Record<string, string>> = {
  second: 'a second',
  video_token: 'a video token',
  megapixel_second: 'a megapixel-second',
  image: 'an input image',
  reference_image: 'a reference image',
  generation: 'a clip',
  generation_minimum: 'a clip at least',
};

/** `a second`; a unit that has no word of its own is named as it is. */
export const unitWord = (unit: string): string => UNITS[unit] ?? `a ${unit.replaceAll('_', ' ')}`;

/** `4 6 8`, `4 to 15`, `from the input`. */
export function formatDurations(durations: readonly number[] | null): string {
  if (durations === null) return 'from the input';
  const sorted = durations.toSorted((a, b) => a - b);
  const [first] = sorted;
  const last = sorted.at(-1);
  const isRange = sorted.length > 3 && sorted.every((value, index) => value === (first ?? 0) + index);
  return isRange ? `${first} to ${last}` : sorted.join(' ');
}

/** `with sound, 720p`; `always` where a price has no condition. */
export function formatCondition(when: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(when).map(([field, value]) => {
    if (field === 'audio') return value ? 'with sound' : 'without sound';
    if (typeof value === 'boolean')
      return value ? field.replaceAll('_', ' ') : `no ${field.replaceAll('_', ' ')}`;
    if (field === 'resolution' || field === 'size') return String(value);
    return `${field.replaceAll('_', ' ')} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
  });
  return words.length === 0 ? 'always' : words.join(', ');
}

/** What a model answers a clip it cannot make with, as a sentence. */
export function formatReason({
  code,
  requested,
  supported,
}: {
  readonly code: string;
  readonly requested?: unknown;
  readonly supported: readonly unknown[] | null;
}): string {
  const what = code.replace(/^unsupported_/, '').replaceAll('_', ' ');
  if (!code.startsWith('unsupported_'))
    return `${what}${requested === null || requested === undefined ? '' : `: ${show(requested)}`}`;
  const has =
    supported === null
      ? 'cannot be chosen'
      : supported.length === 0
        ? 'it has none'
        : `it has ${supported.map(show).join(', ')}`;
  return `${what} ${show(requested)}: ${has}`;
}

const show = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
