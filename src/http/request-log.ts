// One line per request, and nothing in it that a client sent but its method and the route it met.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Adds the line at the end of every response of this scope and those below it. Probes are logged at debug. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => logRequest(request, reply));
}

/** The line itself, for answers that Fastify gives without running hooks. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const route = request.routeOptions.url ?? null;
  const { id } = (request.params ?? {}) as { id?: string };
  const line = {
    method: request.method,
    // The pattern, not the path: what stands in an unknown path or a query can be anything.
    route,
    ...(id !== undefined && reply.statusCode < 400 ? { job_id: id } : {}),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    client: request.clientId || null,
  };
  const quiet = route === '/healthz' || route === '/readyz';
  request.log[quiet ? 'debug' : 'info'](line, 'request');
}
