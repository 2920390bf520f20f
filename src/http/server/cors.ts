// Lets pages of named origins call the API with a key (CORS); never with cookies, and never the console's own routes.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addVary } from '../response/vary.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** Those of our answers that a page may not read otherwise. */
const EXPOSED =
  'Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotent-Replayed, Preference-Applied, ETag, Accept-Ranges, Content-Range, Allow, WWW-Authenticate, OpenAI-Poll-After-Ms';
const PREFLIGHT_AGE_S = 600;
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?: *, *[\w!#$%&'*+.^`|~-]+)*$/;

/** By its route, however its path is spelled; by its path where it has none. */
const isOfConsole = ({ routeOptions, url }: FastifyRequest): boolean =>
  /^\/console(?:[/?]|$)/.test(routeOptions.url ?? url);

/**
 * To be called before the hooks that refuse requests, so that a page can read why. Without origins no answer says
 * anything about CORS, and browsers refuse pages of all others.
 * @param origins as browsers write them: `https://app.example.com`.
 */
export function allowOrigins(app: FastifyInstance, origins: ReadonlySet<string>): void {
  if (origins.size === 0) return;
  app.addHook('onRequest', (request, reply, done) => {
    if (isOfConsole(request)) return done();
    addVary(reply, 'origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.has(origin)) return done();
    // No Access-Control-Allow-Credentials: a page proves who it is by a key, and a session is the console's alone.
    reply.header('access-control-allow-origin', origin);
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined)
      return answerPreflight(request, reply);
    reply.header('access-control-expose-headers', EXPOSED);
    done();
  });
}

/** Before any key is asked for: a browser sends none with this question. */
function answerPreflight({ headers }: FastifyRequest, reply: FastifyReply): void {
  const asked = headers['access-control-request-headers'];
  // Clients of the faces send headers of their own, and what we do not know is ignored.
  if (typeof asked === 'string' && HEADER_NAMES.test(asked))
    reply.header('access-control-allow-headers', asked);
  reply
    .code(204)
    .header('access-control-allow-methods', METHODS)
    .header('access-control-max-age', String(PREFLIGHT_AGE_S))
    .send();
}
