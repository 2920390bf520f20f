// What each key buys and what befalls it upstream: all of it drawn from the seed and the key's number, so a run can be repeated.

import type { RandomSource } from '../src/simulator/random.ts';

export interface Order {
  readonly key: string;
  readonly client: 'studio' | 'agency' | 'press';
  readonly body: Readonly<Record<string, unknown>>;
  readonly respondAsync: boolean;
  /** Whether it is bought by a quote for its body. */
  readonly isQuoted: boolean;
  /** Names of the faults its prompt carries, for the count. */
  readonly faults: readonly string[];
}

/** Shares of orders that a kind of fault strikes; 0.3 each by default, 0 for fair weather. */
export interface Weather {
  readonly submit: number;
  readonly poll: number;
  readonly content: number;
  readonly ending: number;
  readonly webhook: number;
}

export const STORM: Weather = { submit: 0.3, poll: 0.3, content: 0.3, ending: 0.12, webhook: 0.3 };
export const CALM: Weather = { submit: 0, poll: 0, content: 0, ending: 0, webhook: 0 };
/** Every answer to a submit is lost after the job was bought, and half of the webhooks come twice. */
export const LOST_ANSWERS: Weather = { submit: 1, poll: 0, content: 0, ending: 0, webhook: 0 };

const SUBMIT_FAULTS = [
  'reset when=before',
  'reset when=after',
  'reset when=after',
  'hang when=before',
  'hang when=after',
  'error when=before status=500',
  'error when=before status=503',
  'error when=after status=500',
  'error when=after status=502',
  'error when=after status=503',
  'error when=after status=504',
  'error when=after status=524',
  'error when=before status=400',
  'error when=before status=402',
  'error when=before status=403',
  'error when=before status=429 retry_after_s=2',
  'error when=before status=402 limit_source=openrouter_in_flight_budget retry_after_s=2',
  'error when=after status=408',
  'html when=after',
  'html when=before',
  'cut at=20',
  'redirect when=before status=307',
  'redirect when=after status=307',
  'no_id',
];

const LOST_SUBMIT_FAULTS = ['reset when=after', 'error when=after status=502', 'no_id', 'cut at=20'];

const POLL_FAULTS = [
  'error on=poll status=500 count=2',
  'error on=poll status=429 count=1',
  'error on=poll status=404 count=1',
  'reset on=poll count=2',
  'cut on=poll count=1',
  'html on=poll count=1',
  'poll_status status=rendering count=2',
  'poll_status status=in_progress count=1',
  'huge bytes=2000000 count=1',
];

const CONTENT_FAULTS = [
  'reset on=content count=1',
  'cut on=content at=900 count=1',
  'error on=content status=502 count=2',
  'html on=content count=1',
  'wrong_type count=1',
  'slow bytes_per_second=20000 count=1',
];

const ENDINGS = ['fail', 'fail', 'cancel', 'expire after_s=60', 'dead', 'cost_null', 'no_usage', 'two_urls'];

const WEBHOOK_FAULTS = [
  'webhook_lose',
  'webhook_duplicate times=3',
  'webhook_delay seconds=60',
  'webhook_hold',
  'webhook_bad_signature',
  'webhook_stale',
];

const CLIPS = [
  { model: 'x-ai/grok-imagine-video', duration: 1, resolution: '480p' },
  { model: 'x-ai/grok-imagine-video', duration: 1, resolution: '480p' },
  { model: 'google/veo-3.1-lite', duration: 4, resolution: '720p', generate_audio: false },
  // The router's choice.
  { duration: 4, resolution: '480p', generate_audio: false },
];
const ROUTED = { duration: 4, resolution: '480p', generate_audio: false };
const FALLBACK = { ...ROUTED, fallback: { max_attempts: 3, max_total_cost_usd: 0.4 } };
/** In the prompt, which is all that upstream's ledger shows of it. */
const NEXT_BEST = ', or else the next best';

type Way = 'plain' | 'quoted' | 'fallback';
const WAYS: readonly Way[] = ['plain', 'plain', 'plain', 'plain', 'quoted', 'fallback'];

/** `press` has a budget that is soon reached. */
const CLIENT_SHARES = ['studio', 'studio', 'studio', 'agency', 'press'] as const;

const pick = <T>(from: readonly T[], draw: number): T => {
  const picked = from[Math.floor(draw * from.length)];
  if (picked === undefined) throw new Error('Nothing to pick from');
  return picked;
};

/** @param number from 0. The same source and number make the same order. */
export function makeOrder(randomFor: RandomSource, weather: Weather, number: number): Order {
  const key = `key-${number}`;
  const random = randomFor(`order/${number}`);
  const submitFaults = weather.submit === 1 ? LOST_SUBMIT_FAULTS : SUBMIT_FAULTS;
  const kinds = [
    [weather.submit, submitFaults],
    [weather.poll, POLL_FAULTS],
    [weather.content, CONTENT_FAULTS],
    [weather.ending, ENDINGS],
    [weather.webhook, WEBHOOK_FAULTS],
  ] as const;
  const faults = kinds.flatMap(([share, list]) => {
    const struck = random() < share;
    const fault = pick(list, random());
    return struck ? [fault] : [];
  });
  const markers = faults.map((fault) => ` [sim:${fault}]`).join('');
  const way = pick(WAYS, random());
  const clips = { plain: CLIPS, quoted: [ROUTED], fallback: [FALLBACK] };
  const wish = `a paper boat in the rain${way === 'fallback' ? NEXT_BEST : ''}`;
  return {
    key,
    client: pick(CLIENT_SHARES, random()),
    respondAsync: random() < 0.4,
    isQuoted: way === 'quoted',
    body: { ...pick<object>(clips[way], random()), prompt: `${key}: ${wish}${markers}` },
    faults,
  };
}

/** True where the order allowed other candidates after one that failed. */
export function isFallback(request: unknown): boolean {
  const { prompt } = (request ?? {}) as { prompt?: unknown };
  return typeof prompt === 'string' && prompt.includes(NEXT_BEST);
}

/** The keys of all orders that a text speaks of. */
export const keysIn = (text: string): string[] =>
  [...text.matchAll(/(key-\d+): /g)].flatMap(([, key]) => key ?? []);

/** The key that a request, ours or the one upstream saw, was made for. */
export function keyOf(request: unknown): string | null {
  const { prompt } = (request ?? {}) as { prompt?: unknown };
  return typeof prompt === 'string' ? (/^(key-\d+): /.exec(prompt)?.[1] ?? null) : null;
}
