// A span for every request but those of health checks and scrapers, from its arrival to the end of its answer.

import type { FastifyInstance } from 'fastify';
import type { RequestSpan, Traces } from '../../service/runtime/traces.ts';
import { originOf } from './origin.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null where traces are off, and for requests without a span. */
    span: RequestSpan | null;
  }
}

const QUIET: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** Register it before any hook that may reject a request. Without `traces` no hook is added. */
export function traceRequests(app: FastifyInstance, traces: Pick<Traces, 'startRequest'> | null): void {
  app.decorateRequest('span', null);
  if (!traces) return;
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? null;
    if (route !== null && QUIET.has(route)) return done();
    const { method } = request;
    const span = traces.startRequest({ method, route, ...originOf(request) });
    request.span = span;
    // Not onResponse, which never runs for a client that disconnects early.
    reply.raw.on('close', () => {
      const { statusCode: status } = reply;
      span.end({ status, jobId: request.jobId, client: request.principal?.client ?? null });
    });
    done();
  });
}
