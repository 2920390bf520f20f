// What providers charge for the references a clip is made from, as their own lists and bills say; catalogs do not.

import type { Range } from './range.ts';

/** How a family of models is billed for references, whatever unit its prices have. */
interface ReferenceRule {
  /** What the ids of the family begin with. */
  readonly prefix: string;
  /** The fewest seconds of video references, all together, that are billed. */
  readonly leastSeconds: (durations: readonly number[]) => number;
  /** Reference images that cost nothing. */
  readonly freeImages: number;
}

const RULES: readonly ReferenceRule[] = [
  // Input seconds plus output seconds, by the provider's own page.
  { prefix: 'heygen/', leastSeconds: () => 1, freeImages: 0 },
  // The same, and the first five images are free, by the provider's list of October 2026.
  { prefix: 'minimax/hailuo-3', leastSeconds: () => 1, freeImages: 5 },
  // The input's seconds count as tokens, and at least as many as the shortest clip has: 5 s of output with one video is
  // sold as 9 to 35 s where clips have 4 to 30.
  {
    prefix: 'bytedance/seedance',
    leastSeconds: (durations) => Math.min(...durations),
    freeImages: 0,
  },
];

const ruleOf = (id: string): ReferenceRule | undefined => RULES.find(({ prefix }) => id.startsWith(prefix));

interface Maker {
  readonly id: string;
  readonly durations: readonly number[] | null;
}

/**
 * Seconds of video input that are billed like seconds of output, or null where none are.
 * @param isByToken of the base price: tokens count every frame that is read, with every provider.
 * @param known seconds of all video references together, where they were measured. A provider may count whole ones.
 * @param output seconds of the clip itself: inputs are most often about as long.
 * @param videos how many references there are.
 */
export function billedInputSeconds(
  { id, durations }: Maker,
  isByToken: boolean,
  known: number | undefined,
  output: Range,
  videos: number,
): Range | null {
  const rule = ruleOf(id);
  if (!rule && !isByToken) return null;
  const lengths = durations && durations.length > 0 ? durations : [output.high];
  const least = rule?.leastSeconds(lengths) ?? 0;
  if (known !== undefined) {
    const billed = Math.max(least, known);
    return { low: billed, likely: billed, high: Math.max(least, wholeSeconds(known, videos)) };
  }
  // A provider takes at most as many seconds, all together, as its longest clip has.
  const most = Math.max(least, ...lengths);
  return { low: least, likely: Math.min(most, Math.max(least, output.likely)), high: most };
}

/** Of several videos each may be rounded up, and only their sum is known. */
const wholeSeconds = (known: number, videos: number): number =>
  Number.isInteger(known) ? known : Math.ceil(known) + Math.max(0, videos - 1);

/** Reference images that are charged. Where some are free by the provider's list, the catalog's may charge them. */
export function chargedImages({ id }: Pick<Maker, 'id'>, images: number): Range {
  const charged = Math.max(0, images - (ruleOf(id)?.freeImages ?? 0));
  return { low: charged, likely: charged, high: images };
}
