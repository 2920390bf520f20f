// What a driver's error says about the database: that it is away or cannot write for now, or that it is damaged.

import { ClipgateError } from '../../core/errors.ts';
import type { StoreFault } from '../ports/store-health.ts';

/** SQLite's primary result codes: busy, locked, read-only, I/O error, full, cannot open, protocol. */
const SQLITE_UNAVAILABLE: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14, 15]);
/** Corrupt, not a database. */
const SQLITE_CORRUPT: ReadonlySet<number> = new Set([11, 26]);

/**
 * By SQLSTATE, class or whole: connection exception, transaction rollback, read-only transaction, insufficient
 * resources, operator intervention, system error; an unusable object while the server starts or stops.
 */
const POSTGRES_UNAVAILABLE = /^(08|40|53|57|58)|^25006$|^55000$/;
const POSTGRES_CORRUPT = /^XX00[12]$/;

/** What Node and `pg` say of a connection that broke. */
const CONNECTION_CODE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOSPC|EROFS|EIO|EDQUOT)$/;
const CONNECTION_MESSAGE = /connection terminated|client has encountered a connection error|not queryable/i;

/** Null where the error is about something else than the state of the database. */
export function findStoreFault(error: unknown): StoreFault | null {
  if (error instanceof ClipgateError) return error.code === 'store_unavailable' ? 'unavailable' : null;
  // A failed statement and the rollback that failed after it: the first says why.
  if (error instanceof AggregateError) {
    return error.errors.map(findStoreFault).find((fault) => fault !== null) ?? null;
  }
  if (!(error instanceof Error)) return null;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  if (typeof errcode === 'number') {
    const primary = errcode & 0xff;
    if (SQLITE_CORRUPT.has(primary)) return 'corrupt';
    return SQLITE_UNAVAILABLE.has(primary) ? 'unavailable' : null;
  }
  if (typeof code === 'string') {
    if (POSTGRES_CORRUPT.test(code)) return 'corrupt';
    return POSTGRES_UNAVAILABLE.test(code) || CONNECTION_CODE.test(code) ? 'unavailable' : null;
  }
  return CONNECTION_MESSAGE.test(error.message) ? 'unavailable' : null;
}
