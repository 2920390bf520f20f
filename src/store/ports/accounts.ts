// What the service asks of a store about keys and clients. Every change is on record in the audit log, in one transaction.

import type { KeyScope, Limits } from '../../core/accounts/key.ts';
import type { ModelRules } from '../../core/clip/clip-spec.ts';
import type { Act } from './audit.ts';

/** A key as it is stored: its secret is known to its holder alone. Times are epoch milliseconds. */
export interface StoredKey {
  readonly id: string;
  /** The client it acts for; for operators and auditors the person's name. */
  readonly client: string;
  readonly name: string | null;
  /** The last four characters of the key; null where its holder brought the hash alone. */
  readonly last4: string | null;
  readonly scopes: readonly KeyScope[];
  readonly models: ModelRules | null;
  readonly limits: Limits;
  readonly createdAt: number;
  /** The operator who made it. */
  readonly createdBy: string;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** The key that a rotation put in its place. */
  readonly replacedBy: string | null;
  /** The first of the keys that replaced one another up to this one; its own id where it replaced none. */
  readonly line: string;
  /** `YYYY-MM-DD` in UTC. */
  readonly lastUsedOn: string | null;
}

/** A key about to be made; the store sets the time. @param sha256 64 lower-case hex digits. */
export type NewKey = Pick<
  StoredKey,
  'id' | 'client' | 'name' | 'last4' | 'scopes' | 'models' | 'limits' | 'expiresAt'
> & { readonly sha256: string };

export type KeyChange = Partial<Pick<StoredKey, 'name' | 'scopes' | 'models' | 'limits' | 'expiresAt'>>;

export interface CreateKeyResult {
  /** `replayed`: the same Idempotency-Key and body of this actor's came before. */
  readonly kind: 'created' | 'replayed';
  readonly key: StoredKey;
}

/** The caller's Idempotency-Key with the hash of what they sent under it. */
export interface IdempotentAct {
  readonly key: string;
  readonly bodyHash: string;
}

/** A secret that signs a client's callbacks, sealed: only the service can open it. */
export interface SealedSecret {
  readonly id: string;
  readonly sealed: string;
  readonly createdAt: number;
}

export interface StoredClient {
  readonly name: string;
  readonly models: ModelRules | null;
  readonly limits: Limits;
  readonly callbackSecrets: readonly SealedSecret[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type ClientChange = Partial<Pick<StoredClient, 'models' | 'limits' | 'callbackSecrets'>>;

export interface AccountStore {
  /**
   * Makes the client as well, where it is one's first key.
   * @throws ClipgateError sha256_taken; idempotency_key_reused.
   */
  createKey(key: NewKey, by: Act, idempotency: IdempotentAct | null): Promise<CreateKeyResult>;
  /**
   * Makes a key with the client, scopes, models, limits and lifetime of key `id`, which expires in `graceMs`, or when it
   * would have before that.
   * @throws ClipgateError not_found; key_not_active where it is revoked, expired or rotated; as `createKey`.
   */
  rotateKey(
    id: string,
    made: Pick<NewKey, 'id' | 'sha256' | 'last4'>,
    graceMs: number,
    by: Act,
    idempotency: IdempotentAct | null,
  ): Promise<CreateKeyResult>;
  /** Null where there is no such key. A revoked key stays revoked. */
  updateKey(id: string, change: KeyChange, by: Act): Promise<StoredKey | null>;
  /** Refused from now on, for good. Again: the same. Null where there is no such key. */
  revokeKey(id: string, by: Act): Promise<StoredKey | null>;
  getKey(id: string): Promise<StoredKey | null>;
  /** The key with this hash, revoked and expired ones too. */
  findKey(sha256: string): Promise<StoredKey | null>;
  /** Newest first. @param client null = every client's. @param before only keys older than the one with this id. */
  listKeys(query: {
    readonly client: string | null;
    readonly before: string | null;
    readonly limit: number;
  }): Promise<StoredKey[]>;
  /** Records that a key was used on a day (`YYYY-MM-DD`); idempotent per key and day. */
  noteKeyUse(id: string, day: string): Promise<void>;
  /** Makes the client, or changes what `change` names. */
  putClient(
    name: string,
    change: ClientChange,
    by: Act,
  ): Promise<{ readonly client: StoredClient; readonly created: boolean }>;
  getClient(name: string): Promise<StoredClient | null>;
  /** By name. @param after only clients after this name. */
  listClients(query: { readonly after: string | null; readonly limit: number }): Promise<StoredClient[]>;
  /**
   * Calls back when keys or clients changed, by any process on this store, or may have unnoticed: what is remembered of
   * them is to be read again. Returns what ends it.
   */
  onAccountsChanged(listener: () => void): () => void;
}
