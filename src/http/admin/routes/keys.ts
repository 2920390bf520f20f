// Keys at run time: POST, GET, PATCH, DELETE /keys, and POST /keys/{id}/rotate; for operators, and to be read by auditors.

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { DEFAULT_SCOPES } from '../../../core/accounts/key.ts';
import type { KeyAdmin, KeyRecord, MadeKey } from '../../../service/accounts/key-admin.ts';
import { problems } from '../../api/schemas/problem.ts';
import { NoQuerySchema } from '../../api/schemas/query.ts';
import type { App } from '../../server/context.ts';
import { actOf, idempotencyOf } from '../act.ts';
import { IdempotencyHeadersSchema, renderLimits, renderModelRules, toLimits } from '../schemas/access.ts';
import {
  KeyBodySchema,
  KeyChangeSchema,
  KeyListSchema,
  KeyParamsSchema,
  KeyQuerySchema,
  KeyRotationSchema,
  KeySchema,
  MadeKeySchema,
} from '../schemas/key.ts';

const GRACE_S = 86_400;

export function keyRoutes({ keyAdmin }: { readonly keyAdmin: KeyAdmin }) {
  return async (app: App): Promise<void> => {
    app.post(
      '/keys',
      {
        schema: {
          operationId: 'createKey',
          summary: 'Create a key (operators)',
          description:
            'Only this answer has the key itself. The first key of a client creates the client. A retry with the same `Idempotency-Key` answers with the created key but without its secret: revoke it in that case, and create another.',
          tags: ['accounts'],
          querystring: NoQuerySchema,
          headers: IdempotencyHeadersSchema,
          body: KeyBodySchema,
          response: {
            201: MadeKeySchema,
            ...problems(400, 401, 403, 405, 408, 409, 413, 415, 422, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const made = await keyAdmin.create(
          {
            client: body.client,
            name: body.name ?? null,
            scopes: body.scopes ?? DEFAULT_SCOPES,
            models: body.models ?? null,
            limits: toLimits(body.limits),
            expiresAt: toTime(body.expires_at) ?? null,
            sha256: body.sha256 ?? null,
          },
          actOf(request),
          idempotencyOf(request.headers['idempotency-key'], { act: 'create', body }),
        );
        return sendMade(reply, made);
      },
    );

    app.get(
      '/keys',
      {
        schema: {
          operationId: 'listKeys',
          summary: 'List keys: stored keys, newest first, then those of variables (operators, auditors)',
          description:
            'Each entry has the id, the last four characters, the permissions and the day of last use, never the key itself.',
          tags: ['accounts'],
          querystring: KeyQuerySchema,
          response: { 200: KeyListSchema, ...problems(400, 401, 403, 405, 429, 500, 503) },
        },
      },
      async (request) => {
        const { client, limit, cursor } = request.query;
        const { keys, nextCursor } = await keyAdmin.list({
          client: client ?? null,
          cursor: cursor ?? null,
          limit,
        });
        return { data: keys.map(renderKey), next_cursor: nextCursor };
      },
    );

    app.get(
      '/keys/:id',
      {
        schema: {
          operationId: 'getKey',
          summary: 'Get one key, without the key itself (operators, auditors)',
          description: 'Its permissions, expiry, creator and day of last use.',
          tags: ['accounts'],
          params: KeyParamsSchema,
          querystring: NoQuerySchema,
          response: { 200: KeySchema, ...problems(400, 401, 403, 404, 405, 429, 500, 503) },
        },
      },
      async (request) => renderKey(await keyAdmin.get(request.params.id)),
    );

    app.patch(
      '/keys/:id',
      {
        schema: {
          operationId: 'updateKey',
          summary: 'Change the permissions, limits or expiry of a key (operators)',
          description:
            'The change applies to the next request with the key, on every replica within five seconds.',
          tags: ['accounts'],
          params: KeyParamsSchema,
          querystring: NoQuerySchema,
          body: KeyChangeSchema,
          response: {
            200: KeySchema,
            ...problems(400, 401, 403, 404, 405, 408, 409, 413, 415, 429, 500, 503),
          },
        },
      },
      async (request) => {
        const { expires_at, limits, ...rest } = request.body;
        const expiresAt = toTime(expires_at);
        const change = {
          ...(rest.name !== undefined && { name: rest.name }),
          ...(rest.scopes !== undefined && { scopes: rest.scopes }),
          ...(rest.models !== undefined && { models: rest.models }),
          ...(limits !== undefined && { limits: toLimits(limits) }),
          ...(expiresAt !== undefined && { expiresAt }),
        };
        return renderKey(await keyAdmin.update(request.params.id, change, actOf(request)));
      },
    );

    app.delete(
      '/keys/:id',
      {
        schema: {
          operationId: 'revokeKey',
          summary: 'Revoke a key for good (operators)',
          description:
            'The gateway refuses the key from the next request on, on every replica within five seconds. Jobs that were bought with it continue.',
          tags: ['accounts'],
          params: KeyParamsSchema,
          querystring: NoQuerySchema,
          response: {
            204: z.undefined().describe('Revoked.'),
            ...problems(400, 401, 403, 404, 405, 409, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        await keyAdmin.revoke(request.params.id, actOf(request));
        return reply.code(204).send();
      },
    );

    app.post(
      '/keys/:id/rotate',
      {
        schema: {
          operationId: 'rotateKey',
          summary: 'Rotate a key: create its replacement and let the old key expire (operators)',
          description:
            'The new key has the client, scopes, models, limits and lifetime of the old one, which expires after `grace_s`.',
          tags: ['accounts'],
          params: KeyParamsSchema,
          querystring: NoQuerySchema,
          headers: IdempotencyHeadersSchema,
          body: KeyRotationSchema,
          response: {
            201: MadeKeySchema,
            ...problems(400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { body, params } = request;
        const made = await keyAdmin.rotate(
          params.id,
          { graceMs: (body.grace_s ?? GRACE_S) * 1000, sha256: body.sha256 ?? null },
          actOf(request),
          idempotencyOf(request.headers['idempotency-key'], { act: 'rotate', id: params.id, body }),
        );
        return sendMade(reply, made);
      },
    );
  };
}

/** Undefined where the body does not say. */
const toTime = (text: string | null | undefined) => (typeof text === 'string' ? Date.parse(text) : text);

const SHOWN_ONCE = {
  code: 'key_shown_once',
  field: 'key',
  message:
    'The key was in the first answer to this Idempotency-Key, and is shown once. If it is lost, revoke it.',
};

function sendMade(reply: FastifyReply, { record, key, replayed }: MadeKey) {
  if (replayed) reply.header('idempotent-replayed', 'true');
  return reply
    .code(201)
    .header('location', `/keys/${record.id}`)
    .send({ data: renderKey(record), key, warnings: replayed ? [SHOWN_ONCE] : [] });
}

const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

const renderKey = (key: KeyRecord) => ({
  id: key.id,
  client: key.client,
  name: key.name,
  last4: key.last4,
  source: key.source,
  scopes: key.scopes,
  models: renderModelRules(key.models),
  limits: renderLimits(key.limits),
  created_at: isoTime(key.createdAt),
  created_by: key.createdBy,
  expires_at: isoTime(key.expiresAt),
  revoked_at: isoTime(key.revokedAt),
  replaced_by: key.replacedBy,
  last_used_on: key.lastUsedOn,
});
