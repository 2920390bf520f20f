// The state of a simulated OpenRouter, built once and passed to the routes as an argument.
import { randomInt } from 'node:crypto';
import { type Account, createAccount } from './account.ts';
import { type Catalog, createCatalog, readCatalog } from './catalog.ts';
import { createSimClock, type SimClock } from './clock.ts';
import { createFaultBook, type FaultBook } from './faults/book.ts';
import { createFilmLibrary, type FilmLibrary } from './film-library.ts';
import { createJobBook, type JobBook } from './jobs.ts';
import { createRandomSource, type RandomSource } from './random.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { changeSettings, defaultSettings, type Settings, type SettingsChange } from './settings.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

export type WorldOptions = {
  /** A path or file URL of a catalog in the shape of `GET /videos/models`, or the parsed value. Default: the recorded live catalog. */
  readonly catalog?: string | URL | { readonly data: readonly unknown[] } | undefined;
  /** 1 = the latencies of the live service (default), 0 = at once. */
  readonly timeScale?: number | undefined;
  /** The one key that is accepted. Default: any key but those that begin with `sk-or-bad`. */
  readonly apiKey?: string | undefined;
  /** Secrets that sign webhooks; more than one during a rotation. Default: unsigned. */
  readonly webhookSecret?: string | readonly string[] | undefined;
  /** Plain-http callback URLs are refused as on the live service, unless this is true. */
  readonly allowHttpCallbacks?: boolean | undefined;
  /** Repeats latencies, ids and probabilities. Default: a new one for each start. */
  readonly seed?: number | undefined;
  /** Where time comes from, Unix milliseconds. Default: Date.now. */
  readonly clock?: (() => number) | undefined;
  /** Starts with the clock frozen: time then moves only when it is stepped. */
  readonly frozen?: boolean | undefined;
  /** Any other switch of `/_sim/settings`. */
  readonly settings?: SettingsChange | undefined;
};

export type World = {
  readonly catalog: Catalog;
  readonly clock: SimClock;
  readonly randomFor: RandomSource;
  readonly jobs: JobBook;
  readonly faults: FaultBook;
  readonly webhooks: Webhooks;
  readonly benchmarkLimit: RateLimit;
  readonly account: Account;
  readonly films: FilmLibrary;
  /** Submits that came in with a good key since start or reset, refused and unanswered ones included. */
  readonly traffic: { submits: number };
  readonly apiKey: string | undefined;
  readonly allowHttpCallbacks: boolean;
  readonly seed: number;
  settings(): Settings;
  /** @throws ZodError naming every switch that is wrong. */
  changeSettings(change: SettingsChange): Settings;
  /** Forgets jobs, webhooks, faults and changed settings; keeps catalog, clock and seed. */
  reset(): void;
};

/** The documented limits of `GET /benchmarks`. */
const benchmarkWindows = [
  { requests: 30, windowMs: 60_000 },
  { requests: 500, windowMs: 86_400_000 },
];

/** Builds the world. @throws Error when the catalog or a setting is wrong. */
export function createWorld(options: WorldOptions = {}): World {
  const initial = changeSettings(changeSettings(defaultSettings, options.settings ?? {}), {
    time_scale: options.timeScale,
  });
  let current = initial;
  const settings = () => current;
  const seed = options.seed ?? randomInt(2 ** 32);
  const randomFor = createRandomSource(seed);
  const clock = createSimClock(options.clock ?? Date.now);
  if (options.frozen === true) clock.freeze();
  const faults = createFaultBook(randomFor);
  const jobs = createJobBook(clock, randomFor, faults, settings);
  const secrets = [options.webhookSecret ?? []].flat();
  const webhooks = createWebhooks(clock, faults, secrets, settings);
  const traffic = { submits: 0 };
  const benchmarkLimit = createRateLimit(clock, benchmarkWindows);
  return {
    catalog: openCatalog(options.catalog),
    clock,
    randomFor,
    jobs,
    faults,
    webhooks,
    benchmarkLimit,
    account: createAccount(clock, jobs, settings),
    films: createFilmLibrary(),
    traffic,
    apiKey: options.apiKey,
    allowHttpCallbacks: options.allowHttpCallbacks ?? false,
    seed,
    settings,
    changeSettings(change) {
      current = changeSettings(current, change);
      return current;
    },
    reset() {
      webhooks.clear();
      jobs.clear();
      faults.clear();
      benchmarkLimit.clear();
      traffic.submits = 0;
      current = initial;
    },
  };
}

function openCatalog(source: WorldOptions['catalog']): Catalog {
  if (source === undefined || typeof source === 'string' || source instanceof URL) return readCatalog(source);
  return createCatalog(source);
}
