// GET /audit: what operators did, for operators and auditors.

import type { AuditLog } from '../../../service/accounts/audit-log.ts';
import { problems } from '../../api/schemas/problem.ts';
import type { App } from '../../server/context.ts';
import { renderEntry } from '../render-audit.ts';
import { AuditListSchema, AuditQuerySchema, toObject } from '../schemas/audit.ts';

export function auditRoutes({ audit }: { readonly audit: AuditLog }) {
  return async (app: App): Promise<void> => {
    app.get(
      '/audit',
      {
        schema: {
          operationId: 'listAudit',
          summary: 'List the audit log: every action of operators, newest first (operators, auditors)',
          description:
            'The gateway writes each entry in the transaction of its action. Entries are never changed or removed, and contain no secret.',
          tags: ['operators'],
          querystring: AuditQuerySchema,
          response: { 200: AuditListSchema, ...problems(400, 401, 403, 405, 500, 503) },
        },
      },
      async (request) => {
        const { since, actor, object, limit, cursor } = request.query;
        const { entries, nextCursor } = await audit.list({
          since: since === undefined ? null : Date.parse(since),
          actor: actor ?? null,
          object: object === undefined ? null : toObject(object),
          before: cursor ?? null,
          limit,
        });
        return { data: entries.map(renderEntry), next_cursor: nextCursor };
      },
    );
  };
}
