// A route without the models whose submissions are paused, as long as others can make the clip.

import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import { completePlan, type RoutePlan } from '../../core/routing/plan-route.ts';

/**
 * What would be bought now: the best candidate that the circuit breaker does not hold back, and `why` says so where a
 * better one is passed over. Where each is held back, the route as it is: its order will be refused as paused.
 */
export function withoutPaused(
  route: RoutePlan,
  spec: ClipSpec,
  routing: Routing,
  isPaused: (modelId: string) => boolean,
): RoutePlan {
  const candidates = route.candidates.filter(({ model }) => !isPaused(model.id));
  const [best] = candidates;
  if (!best || candidates.length === route.candidates.length) return route;
  const passed = route.candidates.slice(0, route.candidates.indexOf(best)).map(({ model }) => model.id);
  const why =
    passed.length === 0
      ? route.why
      : `the best whose submissions are not paused; passed over: ${passed.slice(0, NAMED_AT_MOST).join(', ')}`;
  return completePlan({ ...route, candidates, why }, spec, routing);
}

const NAMED_AT_MOST = 5;
