// Between rows and keys or clients: the one place that knows which of their columns are JSON.

import { type Limits, NO_LIMITS } from '../../core/accounts/key.ts';
import type { ModelRules } from '../../core/clip/clip-spec.ts';
import type { ClientChange, KeyChange, StoredClient, StoredKey } from '../ports/accounts.ts';
import type { ClientTable, KeyTable } from '../sql/tables.ts';

/** Everything but the hash. */
export const KEY_COLUMNS = [
  'id',
  'client',
  'name',
  'last4',
  'scopes',
  'models',
  'limits',
  'created_at',
  'created_by',
  'expires_at',
  'revoked_at',
  'replaced_by',
  'line',
  'last_used_on',
] as const satisfies readonly (keyof KeyTable)[];

const readJson = <T>(text: string | null): T | null => (text === null ? null : JSON.parse(text));
export const writeJson = (value: object | null): string | null =>
  value === null ? null : JSON.stringify(value);

const readLimits = (text: string | null): Limits => ({ ...NO_LIMITS, ...readJson<Limits>(text) });

export const toKey = (row: Pick<KeyTable, (typeof KEY_COLUMNS)[number]>): StoredKey => ({
  id: row.id,
  client: row.client,
  name: row.name,
  last4: row.last4,
  scopes: JSON.parse(row.scopes),
  models: readJson<ModelRules>(row.models),
  limits: readLimits(row.limits),
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  replacedBy: row.replaced_by,
  line: row.line ?? row.id,
  lastUsedOn: row.last_used_on,
});

export const toClient = (row: ClientTable): StoredClient => ({
  name: row.name,
  models: readJson<ModelRules>(row.models),
  limits: readLimits(row.limits),
  callbackSecrets: readJson<StoredClient['callbackSecrets']>(row.callback_secrets) ?? [],
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export const toKeyColumns = ({ name, scopes, models, limits, expiresAt }: KeyChange) => ({
  ...(name !== undefined && { name }),
  ...(scopes !== undefined && { scopes: JSON.stringify(scopes) }),
  ...(models !== undefined && { models: writeJson(models) }),
  ...(limits !== undefined && { limits: writeJson(limits) }),
  ...(expiresAt !== undefined && { expires_at: expiresAt }),
});

export const toClientColumns = ({ models, limits, callbackSecrets }: ClientChange) => ({
  ...(models !== undefined && { models: writeJson(models) }),
  ...(limits !== undefined && { limits: writeJson(limits) }),
  ...(callbackSecrets !== undefined && { callback_secrets: writeJson(callbackSecrets) }),
});
