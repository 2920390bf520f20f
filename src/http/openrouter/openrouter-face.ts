// OpenRouter's video API under /api/v1, over the orders and jobs of this gateway: a sibling scope with its own errors.

import type { ContentLinks } from '../../service/clips/content-links.ts';
import { type OpenApiDocument, serveOpenApi } from '../openapi/openapi.ts';
import type { Authenticator } from '../server/auth.ts';
import { createScope } from '../server/authority.ts';
import type { App } from '../server/context.ts';
import { collectRoutes } from '../server/method-not-allowed.ts';
import type { RateLimiter } from '../server/rate-limit.ts';
import { handleOpenRouterError } from './error-answer.ts';
import { type VideoContentRoutesParts, videoContentRoutes } from './routes/content.ts';
import { type KeyRoutesParts, keyRoutes } from './routes/key.ts';
import { type VideoModelRoutesParts, videoModelRoutes } from './routes/models.ts';
import { type VideoRoutesParts, videoRoutes } from './routes/videos.ts';
import { openRouterErrors } from './schemas.ts';

export const OPENROUTER_DOCUMENT: OpenApiDocument = {
  prefix: '/api/v1',
  title: "Clipgate: OpenRouter's video API",
  description: `OpenRouter's video API, served by this gateway: code written for OpenRouter changes its base URL and its key.
A job made here is a job of this gateway's own API too.`,
  tags: [
    { name: 'videos', description: 'Buy clips and follow them.' },
    { name: 'models', description: "OpenRouter's lists of video models." },
    { name: 'key', description: 'What the key may spend.' },
  ],
};

export interface OpenRouterFaceParts
  extends VideoRoutesParts,
    Omit<VideoContentRoutesParts, 'jobs'>,
    VideoModelRoutesParts,
    KeyRoutesParts {
  readonly authenticate: Authenticator;
  readonly rateLimiter: RateLimiter;
  readonly links: ContentLinks;
  /** Makes JSON the only body that a scope reads. */
  readonly readBodies: (app: App) => void;
}

/** To be registered under the prefix of OpenRouter's API. */
export function openRouterFace(parts: OpenRouterFaceParts) {
  const scope = createScope(
    parts.authenticate,
    parts.links,
    parts.rateLimiter,
    openRouterErrors(401, 403, 429),
  );
  return async (face: App): Promise<void> => {
    face.setErrorHandler(handleOpenRouterError);
    face.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store');
      done();
    });
    const guardMethods = collectRoutes(face);
    await face.register(
      scope('public', async (app) => {
        serveOpenApi(app, OPENROUTER_DOCUMENT, parts.publicUrl);
        await app.register(videoModelRoutes(parts));
      }),
    );
    await face.register(scope('content', videoContentRoutes(parts)));
    await face.register(
      scope('client', async (app) => {
        parts.readBodies(app);
        await app.register(videoRoutes(parts));
        await app.register(keyRoutes(parts));
      }),
    );
    guardMethods();
  };
}
