// OpenAI's Videos API under /v1, over the orders and jobs of this gateway: a sibling scope with its own errors.

import type { ContentLinks } from '../../service/clips/content-links.ts';
import type { Turns } from '../input/turns.ts';
import { type OpenApiDocument, serveOpenApi } from '../openapi/openapi.ts';
import type { Authenticator } from '../server/auth.ts';
import { createScope } from '../server/authority.ts';
import type { App } from '../server/context.ts';
import { collectRoutes } from '../server/method-not-allowed.ts';
import type { RateLimiter } from '../server/rate-limit.ts';
import { handleOpenAiError } from './error-answer.ts';
import { readFormBodies } from './form-body.ts';
import { type VideoContentRoutesParts, videoContentRoutes } from './routes/content.ts';
import { notServedRoutes } from './routes/not-served.ts';
import { type VideoRoutesParts, videoRoutes } from './routes/videos.ts';
import { openAiErrors } from './schemas.ts';

export const OPENAI_DOCUMENT: OpenApiDocument = {
  prefix: '/v1',
  title: "Clipgate: OpenAI's Videos API",
  description: `OpenAI's Videos API, served by this gateway: code written for it changes its base URL, its key and, where no alias is set, its model.
A video made here is a job of this gateway's own API too. Remixes, edits, extensions and characters are refused with 400.`,
  tags: [{ name: 'videos', description: 'Buy clips and follow them.' }],
};

export interface OpenAiFaceParts
  extends Omit<VideoRoutesParts, 'jobs'>,
    Omit<VideoContentRoutesParts, 'jobs'> {
  readonly jobs: VideoRoutesParts['jobs'] & VideoContentRoutesParts['jobs'];
  readonly authenticate: Authenticator;
  readonly rateLimiter: RateLimiter;
  readonly links: ContentLinks;
  /** PUBLIC_URL; undefined = clients reach this gateway at the address they use. */
  readonly publicUrl: string | undefined;
  /** Makes JSON the only body that a scope reads. */
  readonly readBodies: (app: App) => void;
  /** In which clients' forms are read. */
  readonly turns: Turns;
}

/** To be registered under the prefix of OpenAI's API. */
export function openAiFace(parts: OpenAiFaceParts) {
  const scope = createScope(parts.authenticate, parts.links, parts.rateLimiter, openAiErrors(401, 403, 429));
  return async (face: App): Promise<void> => {
    face.setErrorHandler(handleOpenAiError);
    face.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store');
      done();
    });
    const guardMethods = collectRoutes(face);
    await face.register(scope('public', async (app) => serveOpenApi(app, OPENAI_DOCUMENT, parts.publicUrl)));
    await face.register(
      scope('client', async (app) => {
        parts.readBodies(app);
        readFormBodies(app, parts.turns);
        await app.register(videoRoutes(parts));
        await app.register(videoContentRoutes(parts));
        await app.register(notServedRoutes);
      }),
    );
    guardMethods();
  };
}
