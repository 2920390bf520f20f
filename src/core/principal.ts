// Who a request acts for: what authentication yields, and what every use case asks instead of reading a key's name.

import type { Limits } from './accounts/key.ts';
import type { ModelRules } from './clip/clip-spec.ts';

/** Clients buy and see their own; operators see and repair everybody's; auditors see what operators see, and change nothing. */
export type PrincipalKind = 'client' | 'operator' | 'auditor';

/** A limit that a request counts against: of its key, or of its client. */
export interface AppliedLimits extends Limits {
  readonly scope: 'key' | 'client';
  /** The key's id, or the client's name. */
  readonly id: string;
  /** What is counted together: of keys that replaced one another in rotations the first, for all of them. */
  readonly line: string;
}

export interface Principal {
  readonly kind: PrincipalKind;
  /** What the audit and the log call them. */
  readonly name: string;
  /** The owner of what they buy. */
  readonly client: string;
  /** The key they came with; null where the gateway asks for none. */
  readonly keyId: string | null;
  /** What the key may do, as far as its kind allows. */
  readonly scopes: readonly ('read' | 'write')[];
  /** Models must satisfy each of these. */
  readonly models: readonly ModelRules[];
  /** Of the key and of its client, where they have any. */
  readonly limits: readonly AppliedLimits[];
}

const UNRESTRICTED = { models: [], limits: [] };

/** A client of this gateway. @param keyId null where the gateway asks for no key. */
export const clientPrincipal = (name: string, keyId: string | null): Principal => ({
  kind: 'client',
  name,
  client: name,
  keyId,
  scopes: ['read', 'write'],
  ...UNRESTRICTED,
});

/** What an operator buys is their own: no client's name has a colon. */
export const operatorPrincipal = (name: string, keyId: string | null): Principal => ({
  kind: 'operator',
  name,
  client: `operator:${name}`,
  keyId,
  scopes: ['read', 'write'],
  ...UNRESTRICTED,
});

/** An auditor buys nothing, so nothing is theirs. */
export const auditorPrincipal = (name: string, keyId: string | null): Principal => ({
  kind: 'auditor',
  name,
  client: `auditor:${name}`,
  keyId,
  scopes: ['read'],
  ...UNRESTRICTED,
});

/** Owner of the jobs a principal may see; null = everybody's. */
export const visibleTo = (principal: Principal): string | null =>
  principal.kind === 'client' ? principal.client : null;
