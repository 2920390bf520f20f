// Latencies: log-normal around the seconds measured on the live service, in simulated milliseconds.
import type { CatalogModel } from './catalog.ts';
import type { Clip } from './clip.ts';
import { logNormal, type Random } from './random.ts';

type Measure = {
  readonly models: RegExp;
  readonly seconds: number;
  readonly at: { readonly durationSeconds: number; readonly megapixels: number };
  /** Spread of the logarithm. */
  readonly sigma: number;
};

const sizes = { '480p': 0.41, '720p': 0.9216, '1080p': 2.0736 };

/** The measured medians. grok 480p is a case of its own: seconds, where 720p takes most of a minute. */
const measures: readonly Measure[] = [
  {
    models: /^x-ai\/grok.* 480p$/,
    seconds: 4.2,
    at: { durationSeconds: 1, megapixels: sizes['480p'] },
    sigma: 0.17,
  },
  { models: /^x-ai\/grok/, seconds: 50, at: { durationSeconds: 5, megapixels: sizes['720p'] }, sigma: 0.15 },
  {
    models: /^google\/veo.*-lite/,
    seconds: 41,
    at: { durationSeconds: 4, megapixels: sizes['720p'] },
    sigma: 0.12,
  },
  {
    models: /^google\/veo.*-fast/,
    seconds: 73,
    at: { durationSeconds: 4, megapixels: sizes['720p'] },
    sigma: 0.12,
  },
  {
    models: /^bytedance\/.*-mini/,
    seconds: 62,
    at: { durationSeconds: 4, megapixels: sizes['480p'] },
    sigma: 0.12,
  },
  {
    models: /^bytedance\/.*-fast/,
    seconds: 134,
    at: { durationSeconds: 4, megapixels: sizes['720p'] },
    sigma: 0.09,
  },
];

/** For models without a recorded latency. */
const unmeasured: Measure = {
  models: /./,
  seconds: 110,
  at: { durationSeconds: 5, megapixels: sizes['720p'] },
  sigma: 0.25,
};

/** Longer and larger clips take longer, but less than in proportion: 1080p with frames took 1.8 times 720p. */
const growth = { length: 0.6, pixels: 0.7 };

/** grok slowed down when five jobs ran at once; no more than double was seen. */
const crowding = { perRunningJob: 0.1, atMost: 2 };

/**
 * Draws how long a job takes, in milliseconds of the live service.
 *
 * @param running jobs of the same model already under way.
 */
export function drawGenerationMs(random: Random, model: CatalogModel, clip: Clip, running: number): number {
  const crowd = Math.min(1 + crowding.perRunningJob * running, crowding.atMost);
  const { sigma } = measureOf(model, clip);
  return Math.round(logNormal(random, medianGenerationMs(model, clip), sigma) * crowd);
}

/** The time that half the jobs of this kind stay under when nothing else runs. */
export function medianGenerationMs(model: CatalogModel, clip: Clip): number {
  const { seconds, at } = measureOf(model, clip);
  const megapixels = (clip.size.width * clip.size.height) / 1_000_000;
  const longer = (clip.durationSeconds / at.durationSeconds) ** growth.length;
  const larger = (megapixels / at.megapixels) ** growth.pixels;
  return Math.round(seconds * longer * larger * 1000);
}

function measureOf(model: CatalogModel, clip: Clip): Measure {
  const name = `${model.id} ${clip.resolution}`;
  return measures.find(({ models }) => models.test(name)) ?? unmeasured;
}

/** Draws how long `POST /videos` takes to answer: 2.4 to 3.6 s on the live service. */
export function drawSubmitMs(random: Random): number {
  return Math.round(2400 + 1200 * random());
}
