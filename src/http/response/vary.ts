// Says by which request headers an answer differs, beside those that were said before.

import type { FastifyReply } from 'fastify';

export function addVary(reply: FastifyReply, field: 'accept' | 'authorization' | 'origin'): void {
  const before = reply.getHeader('vary');
  const fields = typeof before === 'string' ? before.split(', ') : [];
  if (!fields.includes(field)) reply.header('vary', [...fields, field].join(', '));
}
