// The OpenAPI document: what swagger collects from the routes, tidied so that generators and linters like it.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from './context.ts';
import { tidyOpenApi } from './tidy-openapi.ts';

const DESCRIPTION = `Clipgate picks the AI video model that fits a clip, its budget and its deadline, buys the clip once, and hands back
the MP4. Bodies and fields are those of OpenRouter's own video API wherever the meaning is the same.`;

/** Collects the document from every route registered after this, and serves it at /openapi.json and /docs. */
export async function registerOpenApi(app: App, version: string): Promise<void> {
  const transform = createJsonSchemaTransform({});
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Clipgate',
        version,
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This gateway.' }],
      tags: [
        { name: 'catalog', description: 'What models there are.' },
        { name: 'routing', description: 'Which of them to take.' },
        { name: 'jobs', description: 'Buying clips.' },
        { name: 'operators', description: 'Repairing what nobody knows the outcome of.' },
        { name: 'operations', description: 'For probes.' },
      ],
      security: [{ clientKey: [] }],
      components: {
        securitySchemes: {
          clientKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'A client key of this gateway (CLIENT_KEYS).',
          },
        },
      },
    },
    transform,
    transformObject: (document) => tidyOpenApi(jsonSchemaTransformObject(document)),
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    return reply.header('cache-control', 'public, max-age=60').send(app.swagger());
  });
}
