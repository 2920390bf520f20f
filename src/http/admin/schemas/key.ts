// The schemas of keys in requests and answers; answers never have a stored key or its hash.

import { z } from 'zod';
import { KEY_SCOPES } from '../../../core/accounts/key.ts';
import { KEY_ID_PATTERN } from '../../../service/orders/ids.ts';
import { listOf } from '../../api/schemas/list.ts';
import { queryInteger } from '../../api/schemas/query.ts';
import {
  ClientNameSchema,
  LimitsAnswerSchema,
  LimitsSchema,
  ModelRulesAnswerSchema,
  ModelRulesSchema,
} from './access.ts';

const ScopesSchema = z
  .array(z.enum(KEY_SCOPES))
  .min(1)
  .max(KEY_SCOPES.length)
  .describe(
    "What the key may do. `read`: see the client's jobs, models and plans. `write`: buy and change jobs. " +
      '`auditor`, alone: see everything that operators see. `operator`, alone: see and change everything.',
  );

const NameSchema = z
  .string()
  .min(1)
  .max(100)
  .refine((name) => !/\p{Cc}/u.test(name), 'must not contain control characters')
  .nullable()
  .describe('For people.');

const ExpiresAtSchema = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2027-01-31T00:00:00Z, or null' })
  .nullable()
  .describe('When the key expires; null = never.');

const Sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 lower-case hex digits')
  .describe(
    'SHA-256 in hex of a key that you generated yourself: the gateway does not see the key before its first use.',
  );

export const KeyBodySchema = z
  .strictObject({
    client: ClientNameSchema.describe(
      'The client that owns the jobs bought with it; for operators and auditors, the name of the person.',
    ),
    name: NameSchema.optional(),
    scopes: ScopesSchema.optional().describe('Default: read and write.'),
    expires_at: ExpiresAtSchema.optional(),
    sha256: Sha256Schema.optional(),
    models: ModelRulesSchema.optional(),
    limits: LimitsSchema.optional(),
  })
  .meta({
    id: 'KeyRequest',
    description: 'A key to create.',
    examples: [{ client: 'studio', name: 'render farm', limits: { max_running_jobs: 8 } }],
  });

export const KeyChangeSchema = z
  .strictObject({
    name: NameSchema.optional(),
    scopes: ScopesSchema.optional(),
    expires_at: ExpiresAtSchema.optional(),
    models: ModelRulesSchema.optional(),
    limits: LimitsSchema.optional(),
  })
  .meta({
    id: 'KeyChange',
    description: 'A field that is left out stays as it is; `limits` and `models` are replaced as a whole.',
    examples: [{ expires_at: '2027-01-31T00:00:00Z' }],
  });

export const KeyRotationSchema = z
  .strictObject({
    grace_s: z
      .int('must be a whole number of seconds')
      .min(0)
      .max(90 * 86_400)
      .optional()
      .describe('How long the old key is still accepted. Default: 86400, a day.'),
    sha256: Sha256Schema.optional(),
  })
  .meta({ id: 'KeyRotation', description: 'How a key is rotated.', examples: [{ grace_s: 3600 }] });

const EXAMPLE = {
  id: 'key_01KB5Y3T0R8V2W4X6Y8Z0A2C4E',
  client: 'studio',
  name: 'render farm',
  last4: 'x7Qa',
  source: 'store' as const,
  scopes: ['read' as const, 'write' as const],
  models: null,
  limits: { requests_per_minute: null, max_running_jobs: 8, max_waiting_jobs: null },
  created_at: '2026-11-02T09:14:00.000Z',
  created_by: 'alice',
  expires_at: null,
  revoked_at: null,
  replaced_by: null,
  last_used_on: '2026-11-28',
};

export const KeySchema = z
  .object({
    id: z.string(),
    client: z.string(),
    name: z.string().nullable(),
    last4: z
      .string()
      .nullable()
      .describe('The last four characters; null if unknown, as for keys given by their SHA-256.'),
    source: z
      .enum(['store', 'env'])
      .describe('`env`: the key is set in a variable of the gateway, and is read-only.'),
    scopes: z.array(z.enum(KEY_SCOPES)).readonly(),
    models: ModelRulesAnswerSchema,
    limits: LimitsAnswerSchema,
    created_at: z.iso.datetime().nullable(),
    created_by: z.string().nullable(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    replaced_by: z.string().nullable().describe('Id of the key that replaced it in a rotation.'),
    last_used_on: z.iso
      .date()
      .nullable()
      .describe('Day of last use in UTC; null = never used, or set in a variable.'),
  })
  .meta({ id: 'Key', description: 'A key, without the key itself.', examples: [EXAMPLE] });

const WarningSchema = z.object({ code: z.string(), field: z.string(), message: z.string() });

export const MadeKeySchema = z
  .object({
    data: KeySchema,
    key: z
      .string()
      .nullable()
      .describe('The key itself, which is not shown again. null if you sent its `sha256`, and in a replay.'),
    warnings: listOf(WarningSchema),
  })
  .meta({
    id: 'MadeKey',
    description: 'A new key.',
    examples: [{ data: EXAMPLE, key: 'ck-<43 characters>', warnings: [] }],
  });

export const KeyListSchema = z.object({ data: listOf(KeySchema), next_cursor: z.string().nullable() }).meta({
  id: 'KeyList',
  description: 'Stored keys, newest first, then those of variables.',
  examples: [{ data: [EXAMPLE], next_cursor: null }],
});

export const KeyParamsSchema = z.strictObject({ id: z.string().regex(KEY_ID_PATTERN).describe('Key id.') });

export const KeyQuerySchema = z.strictObject({
  client: ClientNameSchema.optional().describe("Only this client's keys."),
  limit: queryInteger(1, 100).prefault(20).describe('Maximum number of entries.'),
  cursor: z
    .string()
    .regex(KEY_ID_PATTERN, 'must be the next_cursor of an earlier response')
    .optional()
    .describe('The `next_cursor` of an earlier response.'),
});
