// The keys that variables name: valid for as long as the process runs with them.

import {
  auditorPrincipal,
  clientPrincipal,
  operatorPrincipal,
  type Principal,
} from '../../core/principal.ts';
import type { KeySource } from './keys.ts';

/** Names by the SHA-256 (hex) of their keys. */
export interface EnvKeys {
  readonly clients: ReadonlyMap<string, string>;
  readonly operators: ReadonlyMap<string, { readonly name: string; readonly readOnly: boolean }>;
}

export function createEnvKeys({ clients, operators }: EnvKeys): KeySource {
  function principalOf(sha256: string): Principal | null {
    // Names the key without giving it away: it has far more digits than these.
    const keyId = `env_${sha256.slice(0, 12)}`;
    const operator = operators.get(sha256);
    if (operator) return (operator.readOnly ? auditorPrincipal : operatorPrincipal)(operator.name, keyId);
    const client = clients.get(sha256);
    return client === undefined ? null : clientPrincipal(client, keyId);
  }

  return {
    async findKey(sha256) {
      const principal = principalOf(sha256);
      return principal && { principal, source: 'env', expiresAt: null, revoked: false };
    },
  };
}
