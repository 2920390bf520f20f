// Who orders what and when: the orders of a week of five clients, all of it drawn from a seed.

import type { RandomSource } from '../../src/simulator/random.ts';

export const WEEK_CLIENTS = ['studio', 'agency', 'press', 'school', 'lab'] as const;
export type WeekClient = (typeof WEEK_CLIENTS)[number];

export interface WeekOrder {
  readonly key: string;
  readonly client: WeekClient;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A time in which no order is drawn. */
export interface Quiet {
  readonly from: number;
  readonly to: number;
}

const SHARES: readonly (readonly [WeekClient, number])[] = [
  ['studio', 0.35],
  ['agency', 0.6],
  ['press', 0.75],
  ['school', 0.9],
  ['lab', 1],
];

/** Of each hour of a day, beside the busiest. */
const HOURS = [
  0.2, 0.15, 0.1, 0.1, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1, 0.9, 0.8, 0.9, 1, 1, 0.9, 0.8, 0.6, 0.5, 0.4, 0.4, 0.3,
  0.2,
];
const HOUR_MS = 3_600_000;

const CLIPS = [
  { model: 'alibaba/wan-3.0', duration: 2, resolution: '480p' },
  { model: 'google/veo-3.1-lite', duration: 4, resolution: '720p', generate_audio: false },
  { model: 'bytedance/seedance-2.0-mini', duration: 4, resolution: '480p' },
  // The router's choice.
  { duration: 4, resolution: '480p' },
] as const;
/** What an incident is found out with: one model, so that the circuit of that model is tried. */
const PROBE = CLIPS[1];

const FAILED_SHARE = 0.03;
const LATENCY_S = { least: 20, most: 240 };
/** Few, so that the films are made once. */
const SEEDS = 3;

/** @param timeScale what the simulator multiplies latencies with: it is undone, so that a job takes what is drawn here. */
export function createCalendar(randomFor: RandomSource, timeScale: number) {
  function make(key: string, client: WeekClient, at: number, clip: (typeof CLIPS)[number]): WeekOrder {
    const random = randomFor(`order/${key}`);
    const seconds = LATENCY_S.least + (LATENCY_S.most - LATENCY_S.least) * random();
    const fails = random() < FAILED_SHARE ? ' [sim:fail]' : '';
    return {
      key,
      client,
      at,
      body: {
        ...clip,
        seed: Math.floor(random() * SEEDS),
        prompt: `${key}: a paper boat [sim:latency seconds=${Math.round(seconds / timeScale)}]${fails}`,
      },
    };
  }

  return {
    /** `count` orders between two times, more by day than by night, oldest first. */
    draw(count: number, from: number, to: number, quiet: readonly Quiet[]): WeekOrder[] {
      const random = randomFor('calendar');
      const drawTime = (): number => {
        for (;;) {
          const at = Math.floor(from + (to - from) * random());
          const share = HOURS[new Date(at).getUTCHours()] ?? 1;
          if (random() < share && !quiet.some((span) => at >= span.from && at < span.to)) return at;
        }
      };
      return Array.from({ length: count }, drawTime)
        .sort((a, b) => a - b)
        .map((at, index) => {
          const draw = random();
          const client = SHARES.find(([, share]) => draw < share)?.[0] ?? 'lab';
          const clip = CLIPS[Math.floor(random() * CLIPS.length)] ?? PROBE;
          return make(`key-${index}`, client, at, clip);
        });
    },
    /** An order that an incident is to be found out with. @param number from 1000000 on, apart from those drawn. */
    makeProbe: (number: number, at: number): WeekOrder =>
      make(`key-${number}`, WEEK_CLIENTS[number % WEEK_CLIENTS.length] ?? 'lab', at, PROBE),
  };
}

export const hours = (count: number): number => count * HOUR_MS;
export const minutes = (count: number): number => count * 60_000;
