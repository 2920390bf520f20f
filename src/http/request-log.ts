// One line per request, and nothing in it that a client sent but its method and the route it met.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Adds the line at the end of every answer of this scope and those below it. Probes are logged at debug.
 * Register it before any hook that may refuse.
 */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now();
    // Not onResponse: that never runs for a client that hangs up before the end.
    reply.raw.on('close', () => logRequest(request, reply, performance.now() - startedAt));
    done();
  });
}

/** The line itself, for answers that Fastify gives without running hooks. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, ms: number): void {
  const route = request.routeOptions.url ?? null;
  const { id } = (request.params ?? {}) as { id?: string };
  const line = {
    method: request.method,
    // The pattern, not the path: what stands in an unknown path or a query can be anything.
    route,
    ...(id !== undefined && reply.statusCode < 400 ? { job_id: id } : {}),
    status: reply.statusCode,
    ...(reply.raw.writableFinished ? {} : { aborted: true }),
    ms: Math.round(ms * 10) / 10,
    client: request.clientId || null,
  };
  const quiet = route === '/healthz' || route === '/readyz';
  request.log[quiet ? 'debug' : 'info'](line, 'request');
}
