// GET /metrics on a port of its own, without a key: every client that reaches that port may read.

import Fastify from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import type { Exposition } from '../../service/runtime/metrics.ts';

export interface MetricsListener {
  /** @throws ClipgateError naming METRICS_PORT where it cannot listen there. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;

export function listenForScrapes(
  metrics: { render(): Promise<Exposition> },
  at: { readonly host: string; readonly port: number },
): MetricsListener {
  const app = Fastify({
    logger: false,
    bodyLimit: 1024,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics.render();
    return reply.type(contentType).header('cache-control', 'no-store').send(text);
  });

  return {
    async start() {
      try {
        await app.listen(at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new ClipgateError(
          'internal',
          `METRICS_PORT: cannot listen on ${at.port} of ${at.host} (${code}): choose another port`,
          { cause: error },
        );
      }
    },
    stop: () => app.close(),
  };
}
