// Splits a body into the clip spec and the routing fields; together they are the whole body.

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
