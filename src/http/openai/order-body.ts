// The body of OpenAI's POST /videos in the terms of an order: names resolved, and OpenAI's defaults where the model
// makes them, else the nearest that it makes.

import type { z } from 'zod';
import { type Catalog, findModel, type VideoModel } from '../../core/catalog/catalog.ts';
import type { ClipSpec } from '../../core/clip/clip-spec.ts';
import { parseAspectRatio, parseSize, shortSideOf } from '../../core/clip/resolution.ts';
import { reasonsOfAbility } from '../../core/routing/eligibility.ts';
import type { ClipOrder } from '../../service/orders/place-order.ts';
import { priorityOf } from '../api/routed-models.ts';
import { toFiling, toLimits } from '../api/schemas/order-headers.ts';
import { type CreateVideoSchema, DEFAULTS, type VideoHeadersSchema } from './schemas.ts';

type Body = z.output<typeof CreateVideoSchema>;
type Headers = z.output<typeof VideoHeadersSchema>;

/** What a client calls a model, by the name that OpenRouter or the router knows. */
export type ModelAliases = ReadonlyMap<string, string>;

export interface VideoOrder {
  readonly order: ClipOrder;
  /** What stands in place of defaults that the model does not make. */
  readonly adjusted: { readonly seconds?: string; readonly size?: string } | null;
}

/** @param body as its schema lets it through. */
export function toOrder(body: Body, headers: Headers, aliases: ModelAliases, catalog: Catalog): VideoOrder {
  const asked = body.model ?? DEFAULTS.model;
  const aliased = aliases.get(asked) ?? asked;
  const name = aliased === 'auto' ? 'clipgate/auto' : aliased;
  const priority = priorityOf(name);
  const model = priority === null ? (findModel(catalog, name) ?? null) : null;
  const seconds = body.seconds === undefined ? defaultSeconds(model) : Number(body.seconds);
  const frame = body.size === undefined ? defaultFrame(model) : { size: body.size };
  const adjusted = {
    ...(body.seconds === undefined && seconds !== DEFAULTS.seconds ? { seconds: textOf(seconds) } : {}),
    ...(body.size === undefined && frame.size !== DEFAULTS.size ? { size: sizeOf(frame) } : {}),
  };
  const image = body.input_reference?.image_url;
  return {
    order: {
      spec: {
        prompt: body.prompt,
        ...(seconds === null ? {} : { duration: seconds }),
        ...frame,
        ...(image === undefined
          ? {}
          : { frame_images: [{ type: 'image_url', image_url: { url: image }, frame_type: 'first_frame' }] }),
        ...(body.user === undefined ? {} : { user: body.user }),
      },
      routing: { ...(priority === null ? {} : { priority }), ...toLimits(headers) },
      modelId: priority === null ? name : null,
      quote: null,
      fallback: null,
      callbackUrl: headers['x-clipgate-callback-url'] || null,
      callbackFormat: 'openai',
    },
    adjusted: Object.keys(adjusted).length > 0 ? adjusted : null,
  };
}

/** All that an order says: the same order has the same one. */
export function orderContent(body: Body, headers: Headers): unknown {
  const { tags, reference } = toFiling(headers);
  const clipgate = {
    ...toLimits(headers),
    ...(tags.length > 0 && { tags }),
    ...(reference !== null && { reference }),
    callback_url: headers['x-clipgate-callback-url'],
  };
  return { face: 'openai', ...body, ...clipgate };
}

/** Null where the length follows from the input. A model that is not known yet is judged by the order itself. */
function defaultSeconds(model: VideoModel | null): number | null {
  if (!model || model.unknown.includes('durations')) return DEFAULTS.seconds;
  return nearest(model.durations ?? [], (seconds) => Math.abs(seconds - DEFAULTS.seconds));
}

type Frame = Pick<ClipSpec, 'size' | 'resolution' | 'aspect_ratio'>;

const WANTED = { width: 720, height: 1280 };

function defaultFrame(model: VideoModel | null): Frame {
  const size = DEFAULTS.size;
  const makesIt =
    !model || !reasonsOfAbility(model, { size }, {}).some(({ code }) => code === 'unsupported_size');
  if (makesIt) return { size };
  const nearestSize = nearest(model.sizes ?? [], distanceOf);
  if (nearestSize !== null) return { size: nearestSize };
  const resolution = nearest(model.resolutions ?? [], (name) =>
    Math.abs((shortSideOf(name) ?? 0) - WANTED.width),
  );
  const ratio = nearest(model.aspectRatios ?? [], (name) => {
    const value = parseAspectRatio(name);
    return value === null ? Number.MAX_VALUE : Math.abs(Math.log2((value * WANTED.height) / WANTED.width));
  });
  return {
    ...(resolution === null ? {} : { resolution }),
    ...(ratio === null ? {} : { aspect_ratio: ratio }),
  };
}

function distanceOf(size: string): number {
  const pixels = parseSize(size);
  if (!pixels) return Number.MAX_VALUE;
  return Math.hypot(Math.log2(pixels.width / WANTED.width), Math.log2(pixels.height / WANTED.height));
}

/** The first of those with the least distance; null of none. */
const nearest = <T>(values: readonly T[], distance: (value: T) => number): T | null =>
  values.length === 0
    ? null
    : values.reduce((best, value) => (distance(value) < distance(best) ? value : best));

const textOf = (seconds: number | null): string => (seconds === null ? '' : String(seconds));

/** Width x height of a frame, from its resolution and ratio where it has no size; empty where they do not say. */
export function sizeOf({ size, resolution, aspect_ratio: ratio }: Frame): string {
  if (size !== undefined) return size;
  const short = resolution === undefined ? null : shortSideOf(resolution);
  const proportion = ratio === undefined ? null : parseAspectRatio(ratio);
  if (short === null || proportion === null) return '';
  const long = Math.round((short * Math.max(proportion, 1 / proportion)) / 2) * 2;
  return proportion < 1 ? `${short}x${long}` : `${long}x${short}`;
}
