// The answer to POST /route in JSON.

import { writeJson } from '../../core/json-text.ts';
import type { QuotedRoute } from '../../core/routing/quoted-route.ts';
import { renderCatalog, usdOf } from './render.ts';

/** With the members of the ranking as they are kept beside it: the same for every clip of a question. */
export function writeRoute({
  view,
  route,
  rankingJson,
  best,
  why,
  body,
  token,
  expiresAt,
  ceilingMicroUsd,
}: QuotedRoute): string {
  const json = JSON.stringify;
  return (
    `{"selected":${json(best.model.id)},"why":${json(why)},${rankingJson.slice(1, -1)},` +
    `"request":${writeJson(body)},` +
    `"warnings":${json(route.submission?.warnings ?? [])},"quote":${json(token)},` +
    `"quote_expires_at":${json(new Date(expiresAt))},"quote_ceiling_usd":${json(usdOf(ceilingMicroUsd))},"catalog":${json(renderCatalog(view))}}`
  );
}
