// Which keys there are: those of variables and those that are stored, with the rules of their clients.

import type { Limits } from '../../core/accounts/key.ts';
import { ANONYMOUS } from '../../core/client.ts';
import {
  type AppliedLimits,
  auditorPrincipal,
  clientPrincipal,
  operatorPrincipal,
  type Principal,
} from '../../core/principal.ts';
import type { StoredClient, StoredKey } from '../../store/ports/accounts.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { EnvKeys } from './env-keys.ts';
import type { KeySource } from './keys.ts';

export interface KeySourceParts {
  readonly env: Pick<EnvKeys, 'find'>;
  readonly store: Pick<JobStore, 'findKey' | 'getClient'>;
}

/** Asked for in place of a hash, it is the client of requests without a key. */
export const NO_KEY = ANONYMOUS;

export function createKeySource({ env, store }: KeySourceParts): KeySource {
  /** Last known settings of the clients of variables: their keys continue to work while the store is unavailable. */
  const lastRead = new Map<string, StoredClient | null>();

  async function readClient(name: string): Promise<StoredClient | null> {
    try {
      const client = await store.getClient(name);
      lastRead.set(name, client);
      return client;
    } catch (error) {
      const known = lastRead.get(name);
      if (known === undefined) throw error;
      return known;
    }
  }

  const withClient = async (principal: Principal): Promise<Principal> =>
    principal.kind === 'client' ? applyRules(principal, await readClient(principal.client)) : principal;

  return {
    async findKey(sha256) {
      const named = sha256 === NO_KEY ? clientPrincipal(ANONYMOUS, null) : env.find(sha256);
      if (named) {
        return { principal: await withClient(named), source: 'env', expiresAt: null, revoked: false };
      }
      const key = await store.findKey(sha256);
      if (!key) return null;
      const { expiresAt, revokedAt } = key;
      const principal = await toPrincipal(key, store);
      return { principal, source: 'store', expiresAt, revoked: revokedAt !== null };
    },
  };
}

async function toPrincipal(key: StoredKey, store: Pick<JobStore, 'getClient'>): Promise<Principal> {
  const { id, client, scopes } = key;
  if (scopes.includes('operator')) return operatorPrincipal(client, id);
  if (scopes.includes('auditor')) return auditorPrincipal(client, id);
  const may = scopes.filter((scope) => scope === 'read' || scope === 'write');
  const principal = {
    ...clientPrincipal(client, id),
    scopes: may,
    models: key.models ? [key.models] : [],
    limits: limitsOf('key', id, key.line, key.limits),
  };
  return applyRules(principal, await store.getClient(client));
}

const applyRules = (principal: Principal, client: StoredClient | null): Principal =>
  client
    ? {
        ...principal,
        models: client.models ? [...principal.models, client.models] : principal.models,
        limits: [...principal.limits, ...limitsOf('client', client.name, client.name, client.limits)],
      }
    : principal;

const limitsOf = (
  scope: AppliedLimits['scope'],
  id: string,
  line: string,
  limits: Limits,
): AppliedLimits[] =>
  Object.values(limits).every((limit) => limit === null) ? [] : [{ scope, id, line, ...limits }];
