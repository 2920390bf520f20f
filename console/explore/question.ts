// The question of the route explorer: what is asked of a clip, in an address, in a form and in the body of a request.

import type { Schemas } from '../schemas.ts';

export const PROFILES = ['balanced', 'fast_and_cheap', 'quality_and_cost'] as const;
export type Profile = (typeof PROFILES)[number];

export interface Weights {
  readonly speed: number;
  readonly cost: number;
  readonly quality: number;
  readonly reliability: number;
}

/** As typed: '' = not said. The names are those of the API. */
export interface Question {
  readonly prompt: string;
  readonly duration: string;
  readonly resolution: string;
  readonly aspect_ratio: string;
  readonly size: string;
  readonly generate_audio: string;
  readonly seed: string;
  readonly max_cost_usd: string;
  readonly max_wait_s: string;
  readonly priority: Profile | Weights;
}

/** Pictures that are the first and the last of the clip, as `data:` URLs; they are too large for an address. */
export interface Frames {
  readonly first_frame: string | null;
  readonly last_frame: string | null;
}

export const NO_FRAMES: Frames = { first_frame: null, last_frame: null };

/** What is asked where an address asks nothing. */
export const FIRST_QUESTION: Question = {
  prompt: '',
  duration: '5',
  resolution: '720p',
  aspect_ratio: '16:9',
  size: '',
  generate_audio: '',
  seed: '',
  max_cost_usd: '',
  max_wait_s: '',
  priority: 'balanced',
};

const WEIGHT_NAMES = ['speed', 'cost', 'quality', 'reliability'] as const;
export type WeightName = (typeof WEIGHT_NAMES)[number];

type TextField = Exclude<keyof Question, 'priority'>;
const TEXT_FIELDS = Object.keys(FIRST_QUESTION).filter((name): name is TextField => name !== 'priority');
const isTextField = (name: string): name is TextField => TEXT_FIELDS.some((field) => field === name);

/** From an address; one that names no field of a question asks the first one. */
export function readQuestion(query: URLSearchParams): Question {
  const isAsked = [...TEXT_FIELDS, 'priority'].some((name) => query.has(name));
  if (!isAsked) return FIRST_QUESTION;
  const texts = Object.fromEntries(TEXT_FIELDS.map((name) => [name, query.get(name) ?? '']));
  return { ...FIRST_QUESTION, ...texts, priority: readPriority(query.get('priority')) };
}

function readPriority(text: string | null): Question['priority'] {
  const profile = PROFILES.find((name) => name === text);
  if (profile) return profile;
  const numbers = (text ?? '').split(',').map(Number);
  const isWeights =
    text !== null && numbers.length >= 3 && numbers.length <= 4 && numbers.every((one) => one >= 0);
  if (!isWeights || numbers.every((one) => one === 0)) return 'balanced';
  const [speed = 0, cost = 0, quality = 0, reliability = 0] = numbers;
  return { speed, cost, quality, reliability };
}

/** For an address: what is not said is left out, and so is what goes without saying. */
export function toQuery(question: Question): Readonly<Record<string, string | null>> {
  const { priority } = question;
  const texts = Object.fromEntries(TEXT_FIELDS.map((name) => [name, question[name]]));
  const weights =
    typeof priority === 'string' ? priority : WEIGHT_NAMES.map((name) => priority[name]).join(',');
  return { ...texts, priority: weights };
}

/** Moves one weight and lets the others share what is left as they did before: the sum stays 1. In hundredths. */
export function moveWeight(weights: Weights, moved: WeightName, to: number): Weights {
  const hundredths = Math.round(Math.min(Math.max(to, 0), 1) * 100);
  const others = WEIGHT_NAMES.filter((name) => name !== moved);
  const sum = others.reduce((total, name) => total + weights[name], 0);
  let left = 100 - hundredths;
  const shares = others.map((name, index) => {
    // Reliability takes part once it was given a weight of its own.
    const share = sum > 0 ? weights[name] / sum : name === 'reliability' ? 0 : 1 / 2;
    const taken = index === others.length - 1 ? left : Math.min(left, Math.round((100 - hundredths) * share));
    left -= taken;
    return [name, taken / 100] as const;
  });
  return { ...weights, ...Object.fromEntries(shares), [moved]: hundredths / 100 };
}

export type RouteBody = Schemas['RouteRequest'];

/** A clip has to show something; until it is said what, this is priced. */
const ANY_PROMPT = 'a clip';

/** What is sent. A number that is none is sent as it was typed: the gateway says what is wrong with it. */
export function toBody(question: Question, frames: Frames): RouteBody {
  const numberOf = (text: string): number => {
    const value = Number(text);
    return Number.isFinite(value) ? value : (text as never);
  };
  const said = (name: TextField) => question[name].trim() !== '';
  const pictures = (['first_frame', 'last_frame'] as const).flatMap((type) => {
    const url = frames[type];
    return url === null ? [] : [{ type: 'image_url' as const, image_url: { url }, frame_type: type }];
  });
  const { priority } = question;
  return {
    prompt: question.prompt.trim() || ANY_PROMPT,
    ...(said('duration') && { duration: numberOf(question.duration) }),
    ...(said('resolution') && { resolution: question.resolution.trim() }),
    ...(said('aspect_ratio') && { aspect_ratio: question.aspect_ratio.trim() }),
    ...(said('size') && { size: question.size.trim() }),
    ...(said('generate_audio') && { generate_audio: question.generate_audio === 'true' }),
    ...(said('seed') && { seed: numberOf(question.seed) }),
    ...(pictures.length > 0 && { frame_images: pictures }),
    ...(said('max_cost_usd') && { max_cost_usd: numberOf(question.max_cost_usd) }),
    ...(said('max_wait_s') && { max_wait_s: numberOf(question.max_wait_s) }),
    priority,
  };
}

/** Whether a form can make this change of a nearest suggestion. */
export const canApply = (change: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(change).every(
    ([field, value]) =>
      (isTextField(field) && (value === null || typeof value !== 'object')) ||
      (field === 'frame_images' && value === null),
  );

/** The question with a change made: null takes a field out. */
export function applyChange(
  question: Question,
  frames: Frames,
  change: Readonly<Record<string, unknown>>,
): { readonly question: Question; readonly frames: Frames } {
  const texts = Object.entries(change).flatMap(([field, value]) =>
    isTextField(field) ? [[field, value === null ? '' : String(value)] as const] : [],
  );
  return {
    question: { ...question, ...Object.fromEntries(texts) },
    frames: change['frame_images'] === null ? NO_FRAMES : frames,
  };
}

/** `duration 6, without sound`. */
export function describeChange(change: Readonly<Record<string, unknown>>): string {
  return Object.entries(change)
    .map(([field, value]) => {
      const name = field.replaceAll('_', ' ');
      if (field === 'max_cost_usd' && typeof value === 'number') return `budget $${value}`;
      if (field === 'max_wait_s' && typeof value === 'number') return `wait ${value} s`;
      if (field === 'duration' && value !== null) return `${value} s`;
      if (field === 'generate_audio')
        return value === null ? 'sound as it comes' : value ? 'with sound' : 'without sound';
      if (value === null) return `without ${name}`;
      return typeof value === 'object'
        ? `other ${name}`
        : `${name === 'resolution' || name === 'size' ? '' : `${name} `}${value}`;
    })
    .join(', ');
}
