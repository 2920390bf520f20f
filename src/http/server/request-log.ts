// One line per request, and nothing in it that a client sent but its method and the route it met.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** What the lines are written with: not the request's own logger, which is made for those that say more than this. */
export type AccessLog = Pick<Logger, 'info' | 'debug' | 'isLevelEnabled'>;

/**
 * Adds the line at the end of every answer of this scope and those below it. Probes are logged at debug.
 * Register it before any hook that may refuse.
 */
export function logRequests(app: FastifyInstance, log: AccessLog): void {
  app.addHook('onRequest', (request, reply, done) => {
    // Not onResponse: that never runs for a client that hangs up before the end.
    if (log.isLevelEnabled('info')) reply.raw.on('close', () => logRequest(log, request, reply));
    done();
  });
}

/** The line itself, for answers that Fastify gives without running hooks. */
export function logRequest(log: AccessLog, request: FastifyRequest, reply: FastifyReply): void {
  const route = request.routeOptions.url ?? null;
  const { id } = (request.params ?? {}) as { id?: string };
  const line = {
    reqId: request.id,
    method: request.method,
    // The pattern, not the path: what stands in an unknown path or a query can be anything.
    route,
    // pino leaves out what is undefined.
    job_id: reply.statusCode < 400 ? id : undefined,
    status: reply.statusCode,
    aborted: reply.raw.writableFinished ? undefined : true,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    client: request.clientId || null,
  };
  const quiet = route === '/healthz' || route === '/readyz';
  log[quiet ? 'debug' : 'info'](line, 'request');
}
