// Entries of the audit log as the API shows them.

import { fromMicroUsd } from '../../core/money.ts';
import type { AuditLog } from '../../service/accounts/audit-log.ts';

type Entry = Awaited<ReturnType<AuditLog['list']>>['entries'][number];

const MONEY = /MicroUsd$/;
const TIME = /At$/;

const nameOf = (member: string) =>
  member.replace(MONEY, 'Usd').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What an act changed, under the API's names: dollars for micro-dollars, ISO times for epoch milliseconds. */
export function renderState(state: Entry['before']): Record<string, unknown> | null {
  return (
    state && Object.fromEntries(Object.entries(state).map(([key, value]) => [nameOf(key), show(key, value)]))
  );
}

function show(key: string, value: unknown): unknown {
  if (typeof value === 'number' && MONEY.test(key)) return fromMicroUsd(value);
  if (typeof value === 'number' && TIME.test(key)) return new Date(value).toISOString();
  if (Array.isArray(value)) return value.map((item) => show('', item));
  if (typeof value === 'object' && value !== null) return renderState(value as Record<string, unknown>);
  return value;
}

export const renderEntry = ({
  id,
  at,
  actor,
  keyId,
  action,
  object,
  reason,
  before,
  after,
  requestId,
}: Entry) => ({
  id,
  at: new Date(at).toISOString(),
  actor,
  key_id: keyId,
  action,
  object,
  reason,
  before: renderState(before),
  after: renderState(after),
  request_id: requestId,
});
