// Where an order came from, as its request says: kept with the job by every face that buys.

import type { FastifyRequest } from 'fastify';
import { type Origin, parseTraceparent, writeTraceparent } from '../../core/origin.ts';

/** The id of the request, which its answer has too, and its place in the trace that its caller named, or that it began. */
export function originOf({ id, headers, span }: Pick<FastifyRequest, 'id' | 'headers' | 'span'>): Origin {
  if (span) return { requestId: id, traceparent: span.traceparent };
  const place = parseTraceparent(headers['traceparent']);
  return { requestId: id, traceparent: place && writeTraceparent(place) };
}
