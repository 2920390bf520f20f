// Serves the console's pages under /console: one document for every address, and files that never change.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import type { App } from '../server/context.ts';

/** Where `npm run build` puts them, seen from the sources and from what they are compiled to. */
export const CONSOLE_FOLDER = fileURLToPath(new URL('../../../dist/console', import.meta.url));

// Everything comes from this server, and nothing that a page shows can become a script. `data:` are the pictures of
// requests, which a job holds in that form.
const CSP = [
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "media-src 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** As the build names them: none leads out of its folder. */
const ASSET_NAME = /^\w[\w.-]*$/;

const HEADERS = {
  'content-security-policy': CSP,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** @param folder what the build made: `index.html`, and `assets/` with names that change with their content. */
export function consolePages(folder: string) {
  return async (app: App): Promise<void> => {
    app.addHook('onRequest', (_request, reply, done) => {
      reply.headers(HEADERS);
      done();
    });
    if (!existsSync(join(folder, 'index.html'))) {
      for (const url of ['/console', '/console/*']) {
        app.get(url, { schema: { hide: true } }, async () => {
          throw new ClipgateError(
            'not_found',
            'The console is not built. Run "npm run build" (or "npm run console") and restart the gateway.',
          );
        });
      }
      return;
    }
    // Its routes would answer a listing's redirect and a wildcard of their own: only what sends a file is used.
    await app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true });
    const sendPage = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> =>
      reply.header('cache-control', 'no-store').sendFile('index.html', { cacheControl: false });
    app.get('/console', { schema: { hide: true } }, sendPage);
    // An address inside of the console is its own script's to read.
    app.get('/console/*', { schema: { hide: true } }, sendPage);
    app.get<{ Params: { readonly file: string } }>(
      '/console/assets/:file',
      { schema: { hide: true } },
      async ({ params: { file } }, reply) => {
        if (!ASSET_NAME.test(file)) throw new ClipgateError('not_found', 'Not found.');
        return reply.sendFile(`assets/${file}`, { maxAge: '365d', immutable: true });
      },
    );
  };
}
