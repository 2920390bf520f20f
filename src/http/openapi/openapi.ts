// The OpenAPI document: collected from the routes by swagger, postprocessed for generators and linters.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { baseUrlOf } from '../server/base-url.ts';
import type { App } from '../server/context.ts';
import { addCallbacks } from './callbacks.ts';
import { addHeaders } from './headers.ts';
import { postprocessOpenApi } from './postprocess.ts';

const DESCRIPTION = `Clipgate selects the AI video model that fits a clip, its budget and its deadline, buys the clip once, and serves
the MP4. Fields have the names of OpenRouter's video API wherever the meaning is the same.`;

// Where a gateway listens that was started without settings: importers and generators want an absolute address.
const LOCAL_URL = 'http://localhost:8080';

// Everything comes from this server. Not `upgrade-insecure-requests`: over plain http on any host but this machine the
// page would ask for its own scripts over https, and stay blank. Its styles are set by its script.
const DOCS_CSP =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; " +
  "img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline'";

/** One document: that of the routes under one prefix. */
export interface OpenApiDocument {
  /** Where the routes are registered; '' = those under no prefix. */
  readonly prefix: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
}

/** This gateway's own API. */
export const CLIPGATE_DOCUMENT: OpenApiDocument = {
  prefix: '',
  title: 'Clipgate',
  description: DESCRIPTION,
  tags: [
    { name: 'catalog', description: 'Models, their capabilities and prices.' },
    { name: 'routing', description: 'Choose a model for a clip.' },
    { name: 'jobs', description: 'Buy clips and follow them.' },
    { name: 'accounts', description: 'Keys, clients, budgets and spend.' },
    { name: 'operators', description: 'Reconcile jobs with an unknown outcome.' },
    { name: 'operations', description: 'Health checks.' },
  ],
};

const decoratorOf = ({ prefix }: OpenApiDocument) => `swagger${prefix.replaceAll('/', '_')}`;

/** Collects a document from the routes registered after this. */
export async function registerOpenApi(app: App, version: string, about: OpenApiDocument): Promise<void> {
  const transform = createJsonSchemaTransform({});
  await app.register(swagger, {
    decorator: decoratorOf(about) as 'swagger',
    openapi: {
      openapi: '3.1.0',
      info: {
        title: about.title,
        version,
        description: about.description,
        contact: { name: 'The operator of this gateway' },
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [
        { url: LOCAL_URL, description: 'A gateway on this machine.' },
        {
          url: '{scheme}://{host}',
          description: 'Any gateway.',
          variables: {
            scheme: { enum: ['https', 'http'], default: 'https' },
            host: {
              default: 'localhost:8080',
              description: 'Host name of the gateway, and its port unless it is the default.',
            },
          },
        },
      ],
      tags: [...about.tags],
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
    // Only the HEAD that a route declares, not those that Fastify adds to every GET: they share its operationId.
    exposeHeadRoutes: true,
    transform: (document) => {
      const { schema, url } = transform(document);
      const { prefix = '' } = document.route as { readonly prefix?: string };
      if (prefix !== about.prefix) return { schema: { hide: true }, url };
      const isCopy = document.route.method === 'HEAD' && document.route.exposeHeadRoute !== false;
      if (isCopy) return { schema: { hide: true }, url };
      const answered = tidyAnswers(schema, document.schema?.response);
      const { formBody } = document.route.config ?? {};
      if (formBody) {
        const form = transform({ ...document, schema: { body: formBody } }).schema.body;
        const content = {
          'application/json': { schema: answered.body },
          'multipart/form-data': { schema: form },
        };
        Object.assign(answered, { body: { content } });
      }
      // Swagger marks every HEAD as if it were such a copy.
      return {
        schema: { ...answered, operationId: (answered.operationId ?? '').replace(/-head$/, '') },
        url,
      };
    },
    transformObject: (document) =>
      addHeaders(postprocessOpenApi(addCallbacks(jsonSchemaTransformObject(document)))),
  });
}

/** Shows what was collected to people, at /docs. @param publicUrl PUBLIC_URL. */
export const showOpenApi =
  (publicUrl: string | undefined) =>
  async (app: App): Promise<void> => {
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: DOCS_CSP,
      transformSpecification: (document, request) => servedAt(document, baseUrlOf(request, publicUrl)),
      transformSpecificationClone: false,
    });
  };

/** What was collected, once the application is ready. */
export function readOpenApi(app: App, about: OpenApiDocument): object {
  return (app as App & Readonly<Record<string, () => object>>)[decoratorOf(about)]?.() ?? {};
}

/** Serves what was collected at /openapi.json, under the prefix of the scope. @param publicUrl PUBLIC_URL. */
export function serveOpenApi(app: App, about: OpenApiDocument, publicUrl: string | undefined): void {
  app.get('/openapi.json', { schema: { hide: true } }, async (request, reply) => {
    const document = servedAt(readOpenApi(app, about), baseUrlOf(request, publicUrl));
    return reply.header('cache-control', 'public, max-age=60').send(document as never);
  });
}

/** A document whose one server is the gateway that serves it: an import from there calls it. */
const servedAt = <T extends object>(document: T, baseUrl: string): T => ({
  ...document,
  servers: [{ url: baseUrl === '' ? '/' : baseUrl, description: 'This gateway.' }],
});

/**
 * What swagger cannot know of the answers: one whose content is empty has none (`type: null` marks it),
 * and one without words of its own is described by its schema.
 */
function tidyAnswers<T extends { readonly response?: unknown }>(schema: T, declared: unknown): T {
  const { response } = schema;
  if (!isRecord(response)) return schema;
  const tidy = Object.entries(response).map(([status, answer]) => {
    if (!isRecord(answer)) return [status, answer];
    const { content, description } = answer;
    if (isRecord(content) && Object.keys(content).length === 0)
      return [status, { description, type: 'null' }];
    const source = isRecord(declared) ? declared[status] : undefined;
    return [status, source instanceof z.ZodType ? { ...answer, description: source.description } : answer];
  });
  return { ...schema, response: Object.fromEntries(tidy) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
