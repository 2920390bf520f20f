// Health checks: /healthz checks the process only, /readyz everything that a request needs.

import type { CatalogCache } from '../../../service/catalog/catalog-cache.ts';
import type { StorageState } from '../../../service/clips/storage/port.ts';
import type { App } from '../../server/context.ts';
import { HealthSchema, ReadinessSchema } from '../schemas/operations.ts';
import { problems } from '../schemas/problem.ts';

export interface OperationRoutesParts {
  readonly catalog: Pick<CatalogCache, 'peek'>;
  /** Resolves when the store answers. */
  readonly pingStore: () => Promise<void>;
  /** How the folder of the archive stands. */
  readonly checkArchive: () => Promise<StorageState>;
  /** How late the event loop runs, in milliseconds at the 99th percentile. */
  readonly loopDelayMs: () => number;
  /** How buying stands. */
  readonly describeSubmissions: () => string;
  /** True once a shutdown has begun. */
  readonly isClosing: () => boolean;
}

// Later than this, requests time out before they are read.
const MAX_LOOP_DELAY_MS = 1_000;

export function operationRoutes(parts: OperationRoutesParts) {
  return async (app: App): Promise<void> => {
    app.get(
      '/healthz',
      {
        config: { isServedWhileClosing: true },
        schema: {
          operationId: 'getHealth',
          summary: 'Liveness: whether the process responds; checks no dependency',
          description:
            'For the liveness probe of an orchestrator, which restarts a process that no longer answers. Requires no key.',
          tags: ['operations'],
          security: [],
          response: { 200: HealthSchema, ...problems(405, 500) },
        },
      },
      async () => ({ status: 'ok' as const }),
    );

    app.get(
      '/readyz',
      {
        config: { isServedWhileClosing: true },
        schema: {
          operationId: 'getReadiness',
          summary: 'Readiness: whether requests can be served (store, catalog, event loop)',
          description:
            '`archive` and `submissions` are reported but never cause 503: without its disk, clips are streamed without ' +
            'being archived, and while submissions are paused all other routes work.',
          tags: ['operations'],
          security: [],
          response: {
            200: ReadinessSchema,
            503: {
              description: 'Not ready; see `checks`.',
              content: { 'application/json': { schema: ReadinessSchema } },
            },
            ...problems(405, 500),
          },
        },
      },
      async (request, reply) => {
        const [store, archive] = await Promise.all([checkStore(), parts.checkArchive()]);
        const needed = { store, catalog: checkCatalog(), event_loop: checkLoop() };
        const ready = Object.values(needed).every((check) => check.ok) && !parts.isClosing();
        reply.header('cache-control', 'no-store').code(ready ? 200 : 503);
        return {
          status: ready ? ('ready' as const) : ('not_ready' as const),
          // Replicas share the archive's disk: all of them would be taken away for what only some requests can miss.
          checks: { ...needed, archive, submissions: checkSubmissions() },
        };

        async function checkStore() {
          try {
            await parts.pingStore();
            return { ok: true, detail: 'responds' };
          } catch (error) {
            request.log.error({ err: error }, 'the database does not respond');
            return { ok: false, detail: 'does not respond' };
          }
        }
      },
    );

    function checkCatalog() {
      const view = parts.catalog.peek();
      if (!view) return { ok: false, detail: 'never loaded' };
      // An old catalog still routes; how old it is belongs on a dashboard, not in a probe that ends the process.
      return {
        ok: true,
        detail: `${view.catalog.models.length} models, ${view.ageS} s old${view.stale ? ', stale' : ''}`,
      };
    }

    function checkSubmissions() {
      // Never a reason to send no more requests: all but buying works on while it is paused.
      return { ok: true, detail: parts.describeSubmissions() };
    }

    function checkLoop() {
      const delayMs = Math.round(parts.loopDelayMs());
      return { ok: delayMs < MAX_LOOP_DELAY_MS, detail: `${delayMs} ms late at the 99th percentile` };
    }
  };
}
