// The actor of a request, as the audit log names it.

import type { FastifyRequest } from 'fastify';
import { hashJson } from '../../service/orders/canonical-json.ts';

/** @param reason as the caller gives it; null = none is asked for. */
export const actOf = ({ principal, id }: FastifyRequest, reason: string | null = null) => ({
  actor: principal.name,
  keyId: principal.keyId,
  requestId: id,
  reason,
});

/** The key with what was asked under it, for acts that are done once. */
export const idempotencyOf = (key: string | undefined, act: object) =>
  key === undefined ? null : { key, bodyHash: hashJson(act) };
