// Who does what a request asks for, as the audit log names them.

import type { FastifyRequest } from 'fastify';

/** @param reason as the caller gives it; null = none is asked for. */
export const actOf = ({ principal, id }: FastifyRequest, reason: string | null = null) => ({
  actor: principal.name,
  keyId: principal.keyId,
  requestId: id,
  reason,
});
