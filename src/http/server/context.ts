// What every route's plugin is given beside its own parts: Fastify with zod types.

import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True where requests are answered although the gateway is closing. */
    readonly isServedWhileClosing?: boolean;
    /** The body as multipart/form-data, for the document: the route reads such a form as its JSON body. */
    readonly formBody?: z.ZodType;
  }
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
