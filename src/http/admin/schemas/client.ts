// The schemas of clients.

import { z } from 'zod';
import { findCallbackSecretProblem } from '../../../core/callbacks/callback-secret.ts';
import { listOf } from '../../api/schemas/list.ts';
import { queryInteger } from '../../api/schemas/query.ts';
import {
  ClientNameSchema,
  LimitsAnswerSchema,
  LimitsSchema,
  ModelRulesAnswerSchema,
  ModelRulesSchema,
} from './access.ts';

const SecretSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^secret_[0-9a-f]{24}$/, 'must be the id of a stored secret')
      .optional()
      .describe('Id of a stored secret to keep.'),
    secret: z
      .string()
      .max(200)
      .superRefine((secret, context) => {
        const problem = findCallbackSecretProblem(secret);
        if (problem !== null) context.addIssue({ code: 'custom', message: problem });
      })
      .optional()
      .describe('Your own secret: `whsec_` followed by 24 to 64 random bytes in base64.'),
  })
  .refine(({ id, secret }) => id === undefined || secret === undefined, 'must have only one of id and secret')
  .describe('A stored secret (`id`), your own (`secret`), or a new one made here (`{}`).');

export const ClientBodySchema = z
  .strictObject({
    models: ModelRulesSchema.optional(),
    limits: LimitsSchema.optional(),
    callback_secrets: z
      .array(SecretSchema)
      .max(5)
      .optional()
      .describe(
        'All secrets that sign its callbacks. Each adds a signature, so two are used during a rotation.',
      ),
  })
  .meta({
    id: 'ClientRequest',
    description:
      'A field that is left out stays as it is; a field that is given is replaced as a whole; null removes it.',
    examples: [{ limits: { requests_per_minute: 600, max_running_jobs: 20 }, callback_secrets: [{}] }],
  });

const EXAMPLE = {
  name: 'studio',
  models: { allow: ['google/*'], deny: null },
  limits: { requests_per_minute: 600, max_running_jobs: 20, max_waiting_jobs: null },
  callback_secrets: [{ id: 'secret_0a1b2c3d4e5f60718293a4b5', created_at: '2026-11-02T09:14:00.000Z' }],
  callback_secrets_env: 0,
  created_at: '2026-11-02T09:14:00.000Z',
  updated_at: '2026-11-02T09:14:00.000Z',
};

export const ClientSchema = z
  .object({
    name: z.string(),
    models: ModelRulesAnswerSchema,
    limits: LimitsAnswerSchema,
    callback_secrets: listOf(z.object({ id: z.string(), created_at: z.iso.datetime() })),
    callback_secrets_env: z.int().describe('Number of further secrets in the variable `CALLBACK_SECRETS`.'),
    created_at: z.iso.datetime().nullable().describe('null for a client that exists only in variables.'),
    updated_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Client', description: 'Settings that apply to all keys of a client.', examples: [EXAMPLE] });

export const PutClientSchema = z
  .object({
    data: ClientSchema,
    callback_secrets: listOf(z.object({ id: z.string(), secret: z.string() })).describe(
      'The secrets that this request created. They are not shown again.',
    ),
  })
  .meta({
    id: 'PutClient',
    description: 'The client after the change.',
    examples: [{ data: EXAMPLE, callback_secrets: [] }],
  });

export const ClientListSchema = z
  .object({ data: listOf(ClientSchema), next_cursor: z.string().nullable() })
  .meta({
    id: 'ClientList',
    description: 'Clients by name.',
    examples: [{ data: [EXAMPLE], next_cursor: null }],
  });

export const ClientParamsSchema = z.strictObject({ name: ClientNameSchema.describe('Name of the client.') });

export const ClientQuerySchema = z.strictObject({
  limit: queryInteger(1, 100).prefault(20).describe('Maximum number of entries.'),
  cursor: ClientNameSchema.optional().describe('The `next_cursor` of an earlier response.'),
});
