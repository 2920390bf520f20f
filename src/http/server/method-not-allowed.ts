// Answers 405 with `Allow` to an unsupported method on a known path.

import type { FastifyInstance, HTTPMethods } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Collects the routes registered from now on. Call the result once all are, to guard their other methods. */
export function collectRoutes(app: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    methodsByUrl.set(url, methods);
    for (const one of [method].flat()) methods.add(one);
  });
  return () => {
    for (const [url, known] of [...methodsByUrl]) {
      const others = METHODS.filter((method) => !known.has(method));
      if (url.includes('*') || others.length === 0) continue;
      const allow = [...known].sort().join(', ');
      app.route({
        // Collected with the prefix of the scope, which is put in front again.
        url: url.slice(app.prefix.length),
        method: others,
        schema: { hide: true },
        config: { authority: 'public' },
        // Before any body is parsed: the method is wrong, whatever the body contains.
        onRequest: async (_request, reply) => {
          reply.header('allow', allow);
          throw new ClipgateError('method_not_allowed', `Method not allowed. This URL supports ${allow}.`);
        },
        handler: async () => undefined,
      });
    }
  };
}
