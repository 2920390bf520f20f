// The audit log, page by page, newest first.

import type { AuditEntry, AuditQuery } from '../../store/ports/audit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';

export interface AuditLog {
  list(
    query: AuditQuery,
  ): Promise<{ readonly entries: readonly AuditEntry[]; readonly nextCursor: string | null }>;
}

export const createAuditLog = ({ store }: { readonly store: Pick<JobStore, 'listAudit'> }): AuditLog => ({
  async list(query) {
    const found = await store.listAudit({ ...query, limit: query.limit + 1 });
    const entries = found.slice(0, query.limit);
    return { entries, nextCursor: found.length > query.limit ? (entries.at(-1)?.id ?? null) : null };
  },
});
