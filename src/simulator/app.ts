// The simulated service as a Fastify app: OpenRouter's API under /api/v1, the control API under /_sim. Does not listen.
import Fastify, { type FastifyInstance } from 'fastify';
import { ApiError, renderError } from './api-error.ts';
import { requireKey, userId } from './auth.ts';
import { ControlError, type Operation } from './control/operations.ts';
import { controlRoutes } from './control/routes.ts';
import { accountRoutes } from './routes/account.ts';
import { benchmarkRoutes } from './routes/benchmarks.ts';
import { endpointRoutes, publicModelRoutes } from './routes/models.ts';
import { videoRoutes } from './routes/videos.ts';
import type { World } from './world.ts';

/** Inline images are large; no limit is published. Beyond this the answer is the live 413. */
const bodyLimitBytes = 64 * 1024 * 1024;

export function createSimulatorApp(world: World, operations: readonly Operation[]): FastifyInstance {
  const app = Fastify({
    logger: { level: 'error' },
    bodyLimit: bodyLimitBytes,
    exposeHeadRoutes: false,
    // On close, connections that still wait (a hung answer, a slow film) are cut: that is what they are for.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  app.register(api(world), { prefix: '/api/v1' });
  app.register(control(operations), { prefix: '/_sim' });
  return app;
}

function api(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const refusal = asApiError(error);
      if (refusal.status >= 500 && !(error instanceof ApiError)) request.log.error(error);
      // The account is named once the key is known.
      const known = refusal.status !== 401 && request.headers.authorization !== undefined;
      return reply
        .code(refusal.status)
        .headers({ ...refusal.headers })
        .send(renderError(refusal, known ? userId : undefined));
    });
    app.setNotFoundHandler(async () => {
      throw new ApiError(404, 'Resource not found');
    });
    await app.register(publicModelRoutes(world));
    await app.register(async (keyed) => {
      // onRequest runs before the body is read: auth comes before validation.
      keyed.addHook('onRequest', async (request) => requireKey(world, request));
      for (const routes of [videoRoutes, endpointRoutes, benchmarkRoutes, accountRoutes]) {
        await keyed.register(routes(world));
      }
    });
  };
}

function control(operations: readonly Operation[]): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const status = error instanceof ControlError ? error.status : asApiError(error).status;
      if (status >= 500) request.log.error(error);
      return reply.code(status).send({ message: error instanceof Error ? error.message : String(error) });
    });
    await app.register(controlRoutes(operations));
  };
}

/** Fastify's own refusals (unreadable JSON, wrong media type, too large) keep their status; the rest is a 500. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  if (typeof status !== 'number' || status >= 500) return new ApiError(500, 'Internal Server Error');
  return new ApiError(status, error instanceof Error ? error.message : 'Bad Request');
}
