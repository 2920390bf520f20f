// The schemas of the audit log.

import { z } from 'zod';
import { listOf } from '../../api/schemas/list.ts';
import { queryInteger } from '../../api/schemas/query.ts';

const OBJECT_KINDS = ['job', 'key', 'client', 'budget', 'operations', 'session'] as const;

const StateSchema = z
  .looseObject({})
  .nullable()
  .describe('The fields of the object that the action changed, without secrets; null = none.');

const EntrySchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.string().describe("The operator's name."),
    key_id: z.string().nullable().describe('Id of the key that the operator used.'),
    action: z.string().describe('Such as `create`, `revoke`, `resolve`. Open: more may be added.'),
    object: z.object({ kind: z.string(), id: z.string() }),
    reason: z.string().nullable(),
    before: StateSchema,
    after: StateSchema,
    request_id: z.string().nullable().describe('Id of the request, as in `X-Request-Id`.'),
  })
  .meta({ id: 'AuditEntry', description: 'One action of an operator.' });

export const AuditListSchema = z
  .object({ data: listOf(EntrySchema), next_cursor: z.string().nullable() })
  .meta({
    id: 'AuditList',
    description: 'Actions of operators, newest first.',
    examples: [
      {
        data: [
          {
            id: 'audit_3f0c2a4d5e6f4a7b8c9d0e1f2a3b4c5d',
            at: '2026-11-02T09:14:00.000Z',
            actor: 'alice',
            key_id: 'env_5f2b8c1d9e0a',
            action: 'attach',
            object: { kind: 'job', id: 'job_01KB5Y3T0R8V2W4X6Y8Z0A2C4E' },
            reason: 'Found on the invoice.',
            before: { status: 'submission_unknown', upstream_id: null },
            after: { status: 'pending', upstream_id: 'gen-vid-1790931600-a1B2' },
            request_id: 'req_8f1d2c',
          },
        ],
        next_cursor: null,
      },
    ],
  });

export const AuditQuerySchema = z.strictObject({
  since: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-11-02T09:00:00Z' })
    .optional()
    .describe('Only actions at or after this time.'),
  actor: z.string().min(1).max(64).optional().describe('Only actions of this operator.'),
  object: z
    .string()
    .max(200)
    .regex(
      new RegExp(`^(${OBJECT_KINDS.join('|')})(:[\\x21-\\x7e]+)?$`),
      `must be <kind> or <kind>:<id>, where the kind is one of ${OBJECT_KINDS.join(', ')}`,
    )
    .optional()
    .describe(
      'Only actions on objects of this kind, such as `key`, or on this object, such as `key:key_01...`.',
    ),
  limit: queryInteger(1, 100).prefault(20).describe('Maximum number of entries.'),
  cursor: z
    .string()
    .regex(/^audit_[\w-]{1,100}$/, 'must be the next_cursor of an earlier response')
    .optional()
    .describe('The `next_cursor` of an earlier response.'),
});

export const toObject = (text: string) => {
  const [kind = '', ...id] = text.split(':');
  const found = OBJECT_KINDS.find((one) => one === kind);
  return found === undefined ? null : { kind: found, id: id.length === 0 ? null : id.join(':') };
};
