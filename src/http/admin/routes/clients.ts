// GET /clients and GET, PUT /clients/{name}: settings that apply to all keys of a client.

import type { ClientAdmin, ClientRecord } from '../../../service/accounts/client-admin.ts';
import { problems } from '../../api/schemas/problem.ts';
import { NoQuerySchema } from '../../api/schemas/query.ts';
import type { App } from '../../server/context.ts';
import { actOf } from '../act.ts';
import { renderLimits, renderModelRules, toLimits } from '../schemas/access.ts';
import {
  ClientBodySchema,
  ClientListSchema,
  ClientParamsSchema,
  ClientQuerySchema,
  ClientSchema,
  PutClientSchema,
} from '../schemas/client.ts';

export function clientRoutes({ clientAdmin }: { readonly clientAdmin: ClientAdmin }) {
  return async (app: App): Promise<void> => {
    app.get(
      '/clients',
      {
        schema: {
          operationId: 'listClients',
          summary: 'List clients by name, those of variables included (operators, auditors)',
          description: 'Clients with settings of their own and clients that only have keys, in pages.',
          tags: ['accounts'],
          querystring: ClientQuerySchema,
          response: { 200: ClientListSchema, ...problems(400, 401, 403, 405, 429, 500, 503) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const { clients, nextCursor } = await clientAdmin.list({ cursor: cursor ?? null, limit });
        return { data: clients.map(renderClient), next_cursor: nextCursor };
      },
    );

    app.get(
      '/clients/:name',
      {
        schema: {
          operationId: 'getClient',
          summary: 'Get the settings of a client (operators, auditors)',
          description: 'Its models, its limits and the ids of its callback secrets, never a secret.',
          tags: ['accounts'],
          params: ClientParamsSchema,
          querystring: NoQuerySchema,
          response: { 200: ClientSchema, ...problems(400, 401, 403, 404, 405, 429, 500, 503) },
        },
      },
      async (request) => renderClient(await clientAdmin.get(request.params.name)),
    );

    app.put(
      '/clients/:name',
      {
        schema: {
          operationId: 'putClient',
          summary: 'Set the models, limits and callback secrets of a client (operators)',
          description:
            'Creates the client if it does not exist. Models and limits apply in addition to those of each key, and also to keys of variables. Only this answer has the secrets that it creates.',
          tags: ['accounts'],
          params: ClientParamsSchema,
          querystring: NoQuerySchema,
          body: ClientBodySchema,
          response: {
            200: PutClientSchema,
            ...problems(400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503),
          },
        },
      },
      async (request) => {
        const { models, limits, callback_secrets: callbackSecrets } = request.body;
        const { client, newSecrets } = await clientAdmin.put(
          request.params.name,
          {
            ...(models !== undefined && { models }),
            ...(limits !== undefined && { limits: toLimits(limits) }),
            ...(callbackSecrets !== undefined && { callbackSecrets }),
          },
          actOf(request),
        );
        return { data: renderClient(client), callback_secrets: newSecrets };
      },
    );
  };
}

const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

const renderClient = (client: ClientRecord) => ({
  name: client.name,
  models: renderModelRules(client.models),
  limits: renderLimits(client.limits),
  callback_secrets: client.callbackSecrets.map(({ id, createdAt }) => ({
    id,
    created_at: new Date(createdAt).toISOString(),
  })),
  callback_secrets_env: client.envSecrets,
  created_at: isoTime(client.createdAt),
  updated_at: isoTime(client.updatedAt),
});
