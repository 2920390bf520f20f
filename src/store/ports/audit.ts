// What the service asks of a store about its audit log: every act of an operator, written in the transaction of the act.

/** Who does something that is audited, with which key, in which request, and why. */
export interface Act {
  /** The operator's name. */
  readonly actor: string;
  readonly keyId: string | null;
  readonly requestId: string | null;
  readonly reason: string | null;
}

/** What an act is done to. `id` is unique within `kind`. */
export interface AuditedObject {
  readonly kind: 'job' | 'key' | 'client' | 'budget' | 'operations' | 'session';
  readonly id: string;
}

/** What an act changed of its object: members in camelCase, money as `...MicroUsd`, times as `...At`; never a secret. */
export type AuditedState = Readonly<Record<string, unknown>>;

export interface AuditEntry extends Act {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: string;
  readonly object: AuditedObject;
  /** Null where the act made the object. */
  readonly before: AuditedState | null;
  /** Null where the act removed the object, or changed nothing of it. */
  readonly after: AuditedState | null;
}

export interface AuditQuery {
  /** Epoch milliseconds: entries from then on. */
  readonly since: number | null;
  readonly actor: string | null;
  readonly object: { readonly kind: AuditedObject['kind']; readonly id: string | null } | null;
  /** Only entries older than the one with this id. */
  readonly before: string | null;
  readonly limit: number;
}

export interface AuditStore {
  /** Newest first. */
  listAudit(query: AuditQuery): Promise<AuditEntry[]>;
}
