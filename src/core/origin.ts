// Where an order came from: the request that made it, and the trace that it belongs to (W3C Trace Context).

/** Kept with a job, so that what becomes of it hours later can be tied to its order. */
export interface Origin {
  /** As in the answer's X-Request-Id. */
  readonly requestId: string;
  /** The order's place in a trace, as a `traceparent` header; null = in none. */
  readonly traceparent: string | null;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A place in a trace. */
export interface TracePlace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** Reads a `traceparent`; null for none, and for what the specification calls invalid. */
export function parseTraceparent(header: unknown): TracePlace | null {
  if (typeof header !== 'string' || header.length > 512) return null;
  const [, traceId, spanId, flags = '', more] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined) return null;
  // Version 00 ends with the flags; a later one may say more after them.
  if (more !== undefined && header.startsWith('00')) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** In version 00, whatever version it was read from. */
export const writeTraceparent = ({ traceId, spanId, isSampled }: TracePlace): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
