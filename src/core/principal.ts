// Who a request acts for: what authentication yields, and what every use case asks instead of reading a key's name.

/** Clients buy and see their own; operators see and repair everybody's; auditors see what operators see, and change nothing. */
export type PrincipalKind = 'client' | 'operator' | 'auditor';

export interface Principal {
  readonly kind: PrincipalKind;
  /** What the audit and the log call them. */
  readonly name: string;
  /** The owner of what they buy. */
  readonly client: string;
  /** The key they came with; null where the gateway asks for none. */
  readonly keyId: string | null;
  /** What the key may do. */
  readonly scopes: readonly KeyScope[];
}

export type KeyScope = 'read' | 'write';

/** A client of this gateway. @param keyId null where the gateway asks for no key. */
export const clientPrincipal = (name: string, keyId: string | null): Principal => ({
  kind: 'client',
  name,
  client: name,
  keyId,
  scopes: ['read', 'write'],
});

/** What an operator buys is their own: no client's name has a colon. */
export const operatorPrincipal = (name: string, keyId: string | null): Principal => ({
  kind: 'operator',
  name,
  client: `operator:${name}`,
  keyId,
  scopes: ['read', 'write'],
});

/** An auditor buys nothing, so nothing is theirs. */
export const auditorPrincipal = (name: string, keyId: string | null): Principal => ({
  kind: 'auditor',
  name,
  client: `auditor:${name}`,
  keyId,
  scopes: ['read'],
});

/** Owner of the jobs a principal may see; null = everybody's. */
export const visibleTo = (principal: Principal): string | null =>
  principal.kind === 'client' ? principal.client : null;
