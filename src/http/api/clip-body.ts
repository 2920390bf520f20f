// Takes a body apart into what is asked for and how to choose; together they are all of it.

import { type ClipSpec, type Routing, routingShape } from '../../core/clip/clip-spec.ts';

/** The clip spec and the routing fields of a `/route` or `/jobs` body; fields of neither are for the route itself. */
export function splitBody(body: ClipSpec & Routing): { readonly spec: ClipSpec; readonly routing: Routing } {
  const spec: Record<string, unknown> = {};
  const routing: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(body)) {
    (Object.hasOwn(routingShape, field) ? routing : spec)[field] = value;
  }
  return { spec: spec as ClipSpec, routing: routing as Routing };
}
