// Counts every request and logs one line for each, with nothing that the client sent except the method and the matched route.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { parseTraceparent } from '../../core/origin.ts';
import type { Metrics } from '../../service/runtime/metrics.ts';
import { originOf } from './origin.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The job that this request made or found again; null = none. */
    jobId: string | null;
  }
}

export type RequestMetrics = Pick<Metrics, 'requestEnded'>;

/** The logger of these lines; creating the request's own child logger for one line would be wasteful. */
export type AccessLog = Pick<Logger, 'info' | 'debug' | 'isLevelEnabled'>;

/**
 * Logs and counts the end of every response of this scope and those below it. Health checks are logged at debug.
 * Register it before any hook that may reject a request.
 */
export function logRequests(app: FastifyInstance, log: AccessLog, metrics: RequestMetrics): void {
  app.addHook('onRequest', (request, reply, done) => {
    // Not onResponse, which never runs for a client that disconnects early.
    reply.raw.on('close', () => logRequest(log, request, reply, metrics));
    done();
  });
}

/** The line itself, for responses that Fastify sends without running hooks. */
export function logRequest(
  log: AccessLog,
  request: FastifyRequest,
  reply: FastifyReply,
  metrics: RequestMetrics,
): void {
  const route = request.routeOptions.url ?? null;
  const { method } = request;
  metrics.requestEnded({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
  if (!log.isLevelEnabled('info')) return;
  const { id } = (request.params ?? {}) as { id?: string };
  const line = {
    reqId: request.id,
    trace_id: parseTraceparent(originOf(request).traceparent)?.traceId,
    method,
    // The pattern, not the path: an unknown path or a query may contain anything.
    route,
    // pino omits undefined fields.
    job_id: reply.statusCode < 400 ? (request.jobId ?? id) : undefined,
    status: reply.statusCode,
    aborted: reply.raw.writableFinished ? undefined : true,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    client: request.principal?.client ?? null,
    // By TRUST_PROXY. A request with a wrong key has no client, so its address is what an operator can block.
    'client.address': request.ip,
  };
  const quiet = route === '/healthz' || route === '/readyz';
  log[quiet ? 'debug' : 'info'](line, 'request');
}
