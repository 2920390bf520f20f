// GET /metrics: the metrics in Prometheus' text format, for operators, auditors and the metrics key.

import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Exposition } from '../../../service/runtime/metrics.ts';
import { type Authenticator, digestOfKey } from '../../server/auth.ts';
import { findRefusal } from '../../server/authority.ts';
import type { App } from '../../server/context.ts';
import { problems } from '../schemas/problem.ts';

export interface MetricsRouteParts {
  readonly metrics: { render(): Promise<Exposition> };
  /** SHA-256 of the key that reads metrics and nothing else, in hex; null = there is none. */
  readonly metricsKey: string | null;
}

const MetricsSchema = z
  .string()
  .meta({ id: 'Metrics', description: "Prometheus' text format.", examples: ['clipgate_store_ready 1\n'] });

export function metricsRoute({
  metrics,
  metricsKey,
  authenticate,
}: MetricsRouteParts & {
  readonly authenticate: Authenticator;
}) {
  const isMetricsKey = (authorization: string | undefined): boolean => {
    const digest = digestOfKey(authorization);
    if (digest === null || metricsKey === null) return false;
    return timingSafeEqual(Buffer.from(digest), Buffer.from(metricsKey));
  };

  return async (app: App): Promise<void> => {
    app.get(
      '/metrics',
      {
        // Not in a scope of operators: the metrics key acts for no principal.
        config: { authority: 'operator', isServedWhileClosing: true },
        onRequest: [
          (request, reply, done) =>
            isMetricsKey(request.headers.authorization) ? done() : authenticate(request, reply, done),
          (request, _reply, done) => done(request.principal ? findRefusal('operator', request) : undefined),
        ],
        schema: {
          operationId: 'getMetrics',
          summary: 'Metrics in the text format of Prometheus (operators, auditors, METRICS_KEY)',
          description:
            'If METRICS_PORT is set, the metrics are on that port instead, and this path answers 404.',
          tags: ['operations'],
          response: {
            200: {
              description: 'Every metric with its current value.',
              content: { 'text/plain': { schema: MetricsSchema } },
            },
            ...problems(401, 403, 405, 429, 500),
          },
        },
      },
      async (_request, reply) => {
        const { contentType, text } = await metrics.render();
        // A string goes out as it is where the type is not JSON.
        return reply
          .type(contentType)
          .header('cache-control', 'no-store')
          .send(text as never);
      },
    );
  };
}
