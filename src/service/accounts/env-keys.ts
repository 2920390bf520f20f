// The keys that variables name: valid for as long as the process runs with them.

import type { KeyScope } from '../../core/accounts/key.ts';
import {
  auditorPrincipal,
  clientPrincipal,
  operatorPrincipal,
  type Principal,
} from '../../core/principal.ts';

/** Names by the SHA-256 (hex) of their keys. */
export interface EnvKeyNames {
  readonly clients: ReadonlyMap<string, string>;
  readonly operators: ReadonlyMap<string, { readonly name: string; readonly readOnly: boolean }>;
}

/** One of these keys as the administration of keys shows it. */
export interface EnvKey {
  readonly id: string;
  /** The client, or the operator's name. */
  readonly client: string;
  readonly scopes: readonly KeyScope[];
}

export interface EnvKeys {
  find(sha256: string): Principal | null;
  readonly keys: readonly EnvKey[];
}

export function createEnvKeys({ clients, operators }: EnvKeyNames): EnvKeys {
  const keys: EnvKey[] = [
    ...[...clients].map(
      ([sha256, client]): EnvKey => ({
        id: idOf(sha256),
        client,
        scopes: ['read', 'write'],
      }),
    ),
    ...[...operators].map(
      ([sha256, { name, readOnly }]): EnvKey => ({
        id: idOf(sha256),
        client: name,
        scopes: [readOnly ? 'auditor' : 'operator'],
      }),
    ),
  ];

  return {
    keys,
    find(sha256) {
      const operator = operators.get(sha256);
      if (operator) {
        return (operator.readOnly ? auditorPrincipal : operatorPrincipal)(operator.name, idOf(sha256));
      }
      const client = clients.get(sha256);
      return client === undefined ? null : clientPrincipal(client, idOf(sha256));
    },
  };
}

/** Names the key without giving it away: it has far more digits than these. */
const idOf = (sha256: string): string => `env_${sha256.slice(0, 12)}`;
