// The administration of keys: made, listed, changed, rotated, revoked; the key itself is known to its holder alone.

import { hash } from 'node:crypto';
import type { KeyScope } from '../../core/accounts/key.ts';
import { findScopesProblem, type Limits, NO_LIMITS } from '../../core/accounts/key.ts';
import type { ModelRules } from '../../core/clip/clip-spec.ts';
import { ClipgateError, type InputError } from '../../core/errors.ts';
import type { CreateKeyResult, IdempotentAct, KeyChange, StoredKey } from '../../store/ports/accounts.ts';
import type { Act } from '../../store/ports/audit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import { createKeyId } from '../orders/ids.ts';
import type { EnvKey, EnvKeys } from './env-keys.ts';

/** A key as operators see it. */
export interface KeyRecord extends Omit<StoredKey, 'createdAt' | 'createdBy'> {
  readonly source: 'store' | 'env';
  /** Null of those of variables, as `createdBy`. */
  readonly createdAt: number | null;
  readonly createdBy: string | null;
}

export interface KeyRequest {
  readonly client: string;
  readonly name: string | null;
  readonly scopes: readonly KeyScope[];
  readonly models: ModelRules | null;
  readonly limits: Limits;
  readonly expiresAt: number | null;
  /** Of a key that its holder made; null = one is made here. */
  readonly sha256: string | null;
}

export interface MadeKey {
  readonly record: KeyRecord;
  /** The key itself, this once; null where its holder brought the hash, and in a replay. */
  readonly key: string | null;
  readonly replayed: boolean;
}

export interface KeyAdmin {
  /** @throws ClipgateError invalid_request, sha256_taken, idempotency_key_reused. */
  create(request: KeyRequest, by: Act, idempotency: IdempotentAct | null): Promise<MadeKey>;
  /**
   * Puts a new key in the place of one, which expires in `graceMs`.
   * @param sha256 as in `KeyRequest`.
   * @throws ClipgateError not_found, key_not_active, key_read_only, and as `create`.
   */
  rotate(
    id: string,
    request: { readonly graceMs: number; readonly sha256: string | null },
    by: Act,
    idempotency: IdempotentAct | null,
  ): Promise<MadeKey>;
  /** @throws ClipgateError not_found, key_read_only, invalid_request. */
  update(id: string, change: KeyChange, by: Act): Promise<KeyRecord>;
  /** @throws ClipgateError not_found, key_read_only. */
  revoke(id: string, by: Act): Promise<void>;
  /** @throws ClipgateError not_found. */
  get(id: string): Promise<KeyRecord>;
  /** Stored keys, newest first, then those of variables. */
  list(query: {
    readonly client: string | null;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<{ readonly keys: readonly KeyRecord[]; readonly nextCursor: string | null }>;
}

export interface KeyAdminParts {
  readonly store: Pick<
    JobStore,
    'createKey' | 'rotateKey' | 'updateKey' | 'revokeKey' | 'getKey' | 'listKeys'
  >;
  readonly env: EnvKeys;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Cryptographically random. */
  readonly randomBytes: (size: number) => Uint8Array;
}

const KEY_BYTES = 32;

export function createKeyAdmin({ store, env, clock, randomBytes }: KeyAdminParts): KeyAdmin {
  /** A key of ours, or what is stored of one that its holder made. */
  function mint(sha256: string | null) {
    const id = createKeyId(clock());
    if (sha256 !== null) {
      if (env.find(sha256))
        throw new ClipgateError(
          'sha256_taken',
          'CLIENT_KEYS or OPERATOR_KEYS already has a key with this SHA-256.',
        );
      return { key: null, row: { id, sha256, last4: null } };
    }
    const key = `ck-${Buffer.from(randomBytes(KEY_BYTES)).toString('base64url')}`;
    return { key, row: { id, sha256: hash('sha256', key, 'hex'), last4: key.slice(-4) } };
  }

  const answer = ({ kind, key: stored }: CreateKeyResult, key: string | null): MadeKey => {
    const replayed = kind === 'replayed';
    return { record: { ...stored, source: 'store' }, key: replayed ? null : key, replayed };
  };

  function refuseEnv(id: string): void {
    if (env.keys.some((key) => key.id === id))
      throw new ClipgateError(
        'key_read_only',
        `The key ${id} is set in CLIENT_KEYS or OPERATOR_KEYS. Change the variable and restart the gateway.`,
      );
  }

  function requireFuture(expiresAt: number | null | undefined): void {
    if (typeof expiresAt === 'number' && expiresAt <= clock())
      throw invalid('/expires_at', 'must be in the future');
  }

  async function getStored(id: string): Promise<StoredKey> {
    const key = await store.getKey(id);
    if (!key) throw notFound();
    return key;
  }

  return {
    async create({ sha256, ...request }, by, idempotency) {
      const problem = findScopesProblem(request.scopes);
      if (problem !== null) throw invalid('/scopes', problem);
      requireFuture(request.expiresAt);
      const { key, row } = mint(sha256);
      return answer(await store.createKey({ ...request, ...row }, by, idempotency), key);
    },

    async rotate(id, { graceMs, sha256 }, by, idempotency) {
      refuseEnv(id);
      const { key, row } = mint(sha256);
      return answer(await store.rotateKey(id, row, graceMs, by, idempotency), key);
    },

    async update(id, change, by) {
      refuseEnv(id);
      requireFuture(change.expiresAt);
      if (change.scopes) {
        const problem =
          findScopesProblem(change.scopes) ?? findRoleProblem(await getStored(id), change.scopes);
        if (problem !== null) throw invalid('/scopes', problem);
      }
      const key = await store.updateKey(id, change, by);
      if (!key) throw notFound();
      return { ...key, source: 'store' };
    },

    async revoke(id, by) {
      refuseEnv(id);
      if (!(await store.revokeKey(id, by))) throw notFound();
    },

    async get(id) {
      const named = env.keys.find((key) => key.id === id);
      return named ? toRecord(named) : { ...(await getStored(id)), source: 'store' };
    },

    async list({ client, cursor, limit }) {
      const named = env.keys.filter((key) => client === null || key.client === client).map(toRecord);
      const place = named.findIndex(({ id }) => id === cursor);
      const stored = place >= 0 ? [] : await store.listKeys({ client, before: cursor, limit: limit + 1 });
      const all: KeyRecord[] = [
        ...stored.map((key): KeyRecord => ({ ...key, source: 'store' })),
        ...(stored.length > limit ? [] : named.slice(place + 1)),
      ];
      const keys = all.slice(0, limit);
      return { keys, nextCursor: all.length > limit ? (keys.at(-1)?.id ?? null) : null };
    },
  };
}

/** Jobs of a client and acts of a person must not change hands with a key. */
function findRoleProblem({ scopes }: StoredKey, wanted: readonly KeyScope[]): string | null {
  const isOfPerson = (list: readonly KeyScope[]) => list.includes('operator') || list.includes('auditor');
  return isOfPerson(scopes) === isOfPerson(wanted)
    ? null
    : 'may not turn the key of a client into one of an operator or auditor, nor back: create another key';
}

const toRecord = ({ id, client, scopes }: EnvKey): KeyRecord => ({
  id,
  client,
  scopes,
  source: 'env',
  name: null,
  last4: null,
  models: null,
  limits: NO_LIMITS,
  createdAt: null,
  createdBy: null,
  expiresAt: null,
  revokedAt: null,
  replacedBy: null,
  lastUsedOn: null,
  line: id,
});

const notFound = () => new ClipgateError('not_found', 'Not found.');

function invalid(pointer: string, message: string): ClipgateError {
  const error: InputError = { in: 'body', pointer, message };
  return new ClipgateError('invalid_request', `${pointer} ${message}.`, { errors: [error] });
}
