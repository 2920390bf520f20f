// The simulated service as a Fastify app: OpenRouter's API under /api/v1, the levers under /_sim. Listens to nothing.
import Fastify, { type FastifyInstance } from 'fastify';
import { ApiError, renderError } from './api-error.ts';
import { requireKey, userId } from './auth.ts';
import { ControlError, controlRoutes } from './routes/control.ts';
import { endpointRoutes, publicModelRoutes } from './routes/models.ts';
import { videoRoutes } from './routes/videos.ts';
import type { World } from './world.ts';

/** Inline images are large; no limit is published. Beyond this the answer is the live 413. */
const bodyLimitBytes = 64 * 1024 * 1024;

export function createSimulatorApp(world: World): FastifyInstance {
  const app = Fastify({
    logger: { level: 'error' },
    bodyLimit: bodyLimitBytes,
    exposeHeadRoutes: false,
    // On close, connections that still wait (a hung answer, a slow film) are cut: that is what they are for.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });

  app.register(
    async (api) => {
      api.setErrorHandler((error, request, reply) => {
        const refusal = asApiError(error);
        if (refusal.status >= 500 && !(error instanceof ApiError)) request.log.error(error);
        const known = refusal.status !== 401 && request.headers.authorization !== undefined;
        return reply
          .code(refusal.status)
          .headers({ ...refusal.headers })
          .send(renderError(refusal, known ? userId : undefined));
      });
      api.setNotFoundHandler(async () => {
        throw new ApiError(404, 'Resource not found');
      });
      await api.register(publicModelRoutes(world));
      await api.register(async (keyed) => {
        // onRequest runs before the body is read: auth comes before validation.
        keyed.addHook('onRequest', async (request) => requireKey(world, request));
        await keyed.register(videoRoutes(world));
        await keyed.register(endpointRoutes(world));
      });
    },
    { prefix: '/api/v1' },
  );

  app.register(
    async (control) => {
      control.setErrorHandler((error, request, reply) => {
        if (error instanceof ControlError) return reply.code(400).send({ message: error.message });
        const refusal = asApiError(error);
        if (refusal.status >= 500) request.log.error(error);
        return reply.code(refusal.status).send({ message: refusal.message });
      });
      await control.register(controlRoutes(world));
    },
    { prefix: '/_sim' },
  );
  return app;
}

/** Fastify's own refusals (unreadable JSON, wrong media type, too large) keep their status; the rest is a 500. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  if (typeof status !== 'number' || status >= 500) return new ApiError(500, 'Internal Server Error');
  return new ApiError(status, error instanceof Error ? error.message : 'Bad Request');
}
