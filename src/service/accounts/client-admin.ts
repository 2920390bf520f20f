// The administration of clients: what their keys may do, and the secrets that sign their callbacks.

import { LRUCache } from 'lru-cache';
import type { Limits } from '../../core/accounts/key.ts';
import { NO_LIMITS } from '../../core/accounts/key.ts';
import type { ModelRules } from '../../core/clip/clip-spec.ts';
import { ClipgateError } from '../../core/errors.ts';
import { createSecret, type Secret } from '../../core/secret.ts';
import type { SealedSecret, StoredClient } from '../../store/ports/accounts.ts';
import type { Act } from '../../store/ports/audit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import type { SecretBox } from './secret-box.ts';

/** A client as operators see it. */
export interface ClientRecord {
  readonly name: string;
  readonly models: ModelRules | null;
  readonly limits: Limits;
  /** Stored ones, by their ids. */
  readonly callbackSecrets: readonly { readonly id: string; readonly createdAt: number }[];
  /** How many secrets a variable names for it. */
  readonly envSecrets: number;
  /** Null for a client that only variables name, as `updatedAt`. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

/** One secret of the list that a client is to have: a stored one, the caller's own, or (neither) a new one. */
export interface WantedSecret {
  readonly id?: string | undefined;
  readonly secret?: string | undefined;
}

export interface ClientRequest {
  readonly models?: ModelRules | null;
  readonly limits?: Limits;
  readonly callbackSecrets?: readonly WantedSecret[];
}

export interface ClientAdmin {
  /**
   * Makes a client, or changes what the request names.
   * @returns with it the secrets made here: shown this once.
   * @throws ClipgateError invalid_request, secrets_key_missing.
   */
  put(
    name: string,
    request: ClientRequest,
    by: Act,
  ): Promise<{
    readonly client: ClientRecord;
    readonly newSecrets: readonly { readonly id: string; readonly secret: string }[];
  }>;
  /** @throws ClipgateError not_found. */
  get(name: string): Promise<ClientRecord>;
  list(query: { readonly cursor: string | null; readonly limit: number }): Promise<{
    readonly clients: readonly ClientRecord[];
    readonly nextCursor: string | null;
  }>;
  /** The stored secrets that sign a client's callbacks. */
  secretsOf(name: string): Promise<readonly Secret[]>;
  /** Forgets what was read. */
  evict(): void;
}

export interface ClientAdminParts {
  readonly store: Pick<JobStore, 'putClient' | 'getClient' | 'listClients'>;
  /** Clients that variables name, with how many callback secrets each has there. */
  readonly env: ReadonlyMap<string, number>;
  /** Null where no key to seal secrets with is configured. */
  readonly box: SecretBox | null;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Cryptographically random. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
}

const SECRET_BYTES = 32;
const MAX_AGE_MS = 5_000;
const MAX_CLIENTS = 10_000;

export function createClientAdmin(parts: ClientAdminParts): ClientAdmin {
  const { store, env, box, clock, randomBytes, log } = parts;
  const opened = new LRUCache<string, { readonly secrets: readonly Secret[]; readonly at: number }>({
    max: MAX_CLIENTS,
  });

  function toRecord(name: string, stored: StoredClient | null): ClientRecord {
    return {
      name,
      models: stored?.models ?? null,
      limits: stored?.limits ?? NO_LIMITS,
      callbackSecrets: stored?.callbackSecrets.map(({ id, createdAt }) => ({ id, createdAt })) ?? [],
      envSecrets: env.get(name) ?? 0,
      createdAt: stored?.createdAt ?? null,
      updatedAt: stored?.updatedAt ?? null,
    };
  }

  function sealNew(name: string, given: string | undefined) {
    if (!box) {
      throw new ClipgateError(
        'secrets_key_missing',
        'This gateway has no key to encrypt stored secrets with: the operator must set SECRETS_KEY.',
      );
    }
    const id = `secret_${Buffer.from(randomBytes(12)).toString('hex')}`;
    const secret = given ?? `whsec_${Buffer.from(randomBytes(SECRET_BYTES)).toString('base64')}`;
    const sealed: SealedSecret = { id, sealed: box.seal(secret, contextOf(name, id)), createdAt: clock() };
    return { sealed, shown: given === undefined ? [{ id, secret }] : [] };
  }

  /** The list as it is to be stored, and what of it is new and ours. */
  async function replaceSecrets(name: string, wanted: readonly WantedSecret[]) {
    const present = (await store.getClient(name))?.callbackSecrets ?? [];
    const list = wanted.map(({ id, secret }, index) => {
      if (id === undefined) return sealNew(name, secret);
      const kept = present.find((one) => one.id === id);
      if (kept) return { sealed: kept, shown: [] };
      const pointer = `/callback_secrets/${index}/id`;
      const message = 'is not a secret of this client';
      throw new ClipgateError('invalid_request', `${pointer} ${message}.`, {
        errors: [{ in: 'body', pointer, message }],
      });
    });
    return { sealed: list.map(({ sealed }) => sealed), shown: list.flatMap(({ shown }) => shown) };
  }

  return {
    async put(name, { callbackSecrets, ...change }, by) {
      const secrets = callbackSecrets && (await replaceSecrets(name, callbackSecrets));
      const { client } = await store.putClient(
        name,
        { ...change, ...(secrets && { callbackSecrets: secrets.sealed }) },
        by,
      );
      return { client: toRecord(name, client), newSecrets: secrets?.shown ?? [] };
    },

    async get(name) {
      const stored = await store.getClient(name);
      if (!stored && !env.has(name)) throw new ClipgateError('not_found', 'Not found.');
      return toRecord(name, stored);
    },

    async list({ cursor, limit }) {
      const stored = await store.listClients({ after: cursor, limit: limit + 1 });
      const byName = new Map<string, StoredClient | null>(stored.map((client) => [client.name, client]));
      for (const name of env.keys()) {
        if ((cursor === null || name > cursor) && !byName.has(name)) byName.set(name, null);
      }
      // A stored client beyond this page must not be taken for one that only variables name.
      const names = [...byName.keys()].sort().slice(0, limit + 1);
      const page = names.slice(0, limit);
      const clients = await Promise.all(
        page.map(async (name) => toRecord(name, byName.get(name) ?? (await store.getClient(name)))),
      );
      return { clients, nextCursor: names.length > limit ? (page.at(-1) ?? null) : null };
    },

    async secretsOf(name) {
      const known = opened.get(name);
      const age = known ? clock() - known.at : 0;
      if (known && age >= 0 && age < MAX_AGE_MS) return known.secrets;
      const at = clock();
      const stored = (await store.getClient(name))?.callbackSecrets ?? [];
      const secrets = stored.flatMap(({ id, sealed }) => {
        const text = box?.open(sealed, contextOf(name, id)) ?? null;
        if (text === null) {
          log.error(
            { client: name, secret_id: id },
            'a callback secret cannot be decrypted: SECRETS_KEY has changed',
          );
          return [];
        }
        return [createSecret(text)];
      });
      opened.set(name, { secrets, at });
      return secrets;
    },

    evict: () => opened.clear(),
  };
}

const contextOf = (client: string, id: string): string => `callback secret ${client} ${id}`;
