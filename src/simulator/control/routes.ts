// Serves the control API under /_sim/, with its own OpenAPI document, without authentication.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { describeOperations } from './openapi.ts';
import { ControlError, type Operation } from './operations.ts';

export function controlRoutes(operations: readonly Operation[]): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    // curl -d names its JSON a form: here every body is JSON, whatever it is called.
    app.addContentTypeParser('*', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
    for (const operation of operations) {
      app.route<{ Params: Record<string, string> }>({
        method: operation.method,
        url: operation.path,
        handler: async (request, reply) => {
          const given = operation.run({ body: readBody(operation, request.body), params: request.params });
          if (operation.answer === undefined) return reply.code(204).send();
          return reply.send(given);
        },
      });
    }
    app.get('/openapi.json', async () => describeOperations(operations));
  };
}

function readBody(operation: Operation, body: unknown): unknown {
  if (operation.body === undefined) return undefined;
  const parsed = operation.body.safeParse(body);
  if (!parsed.success) throw new ControlError(400, z.prettifyError(parsed.error));
  return parsed.data;
}
