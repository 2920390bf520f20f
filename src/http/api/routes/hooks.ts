// POST /hooks/openrouter/{nonce}: receives OpenRouter's webhooks. The nonce is the credential.

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { hookPath } from '../../../core/job/hook-path.ts';
import type { InboundWebhooks } from '../../../service/webhooks/inbound-webhooks.ts';
import type { App } from '../../server/context.ts';

export interface HookRoutesParts {
  readonly webhooks: Pick<InboundWebhooks, 'receive'>;
}

const HOOK_BODY_LIMIT = 64 * 1024;

const HookParamsSchema = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/) });

export function hookRoutes({ webhooks }: HookRoutesParts) {
  return async (app: App): Promise<void> => {
    takeRawBodies(app);
    app.post(
      hookPath(':nonce'),
      // For upstream alone: a client has no use for it, and its path is a secret.
      { bodyLimit: HOOK_BODY_LIMIT, schema: { hide: true, params: HookParamsSchema } },
      async (request, reply) => {
        const signature = request.headers['x-openrouter-signature'];
        await webhooks.receive({
          nonce: request.params.nonce,
          rawBody: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          signature: Array.isArray(signature) ? signature.join(',') : signature,
        });
        return reply.code(204).send();
      },
    );
  };
}

/** A signature is over bytes: here every body stays what came over the wire, whatever it is called. */
function takeRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body);
}
