// Where an order came from, as its request says: kept with the job by every face that buys.

import type { FastifyRequest } from 'fastify';
import { type Origin, parseTraceparent, writeTraceparent } from '../../core/origin.ts';

/** The id of the request, which its answer has too, and the trace that its caller named. */
export function originOf({ id, headers }: Pick<FastifyRequest, 'id' | 'headers'>): Origin {
  const place = parseTraceparent(headers['traceparent']);
  return { requestId: id, traceparent: place && writeTraceparent(place) };
}
