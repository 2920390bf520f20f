// Who may come in, and what operators do about keys and clients.

import { randomBytes } from 'node:crypto';
import type { Config } from '../config/variables.ts';
import { createFailedKeys } from '../http/server/failed-keys.ts';
import { createRateLimiter } from '../http/server/rate-limit.ts';
import { createAuditLog } from '../service/accounts/audit-log.ts';
import { createClientAdmin } from '../service/accounts/client-admin.ts';
import { createEnvKeys } from '../service/accounts/env-keys.ts';
import { createKeyAdmin } from '../service/accounts/key-admin.ts';
import { createKeySource } from '../service/accounts/key-source.ts';
import { createKeyUsage } from '../service/accounts/key-usage.ts';
import { createKeys } from '../service/accounts/keys.ts';
import { createSecretBox } from '../service/accounts/secret-box.ts';
import { createSessions } from '../service/accounts/sessions.ts';
import type { Log } from '../service/runtime/log.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import type { Lifecycle } from './lifecycle.ts';
import { KEYS, SESSIONS, STOP_MS } from './timeouts.ts';

export interface AccountContext {
  readonly config: Config;
  readonly store: JobStore;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

export function createAccountParts({ config, store, clock, monotonic, log, lifecycle }: AccountContext) {
  const env = createEnvKeys({
    clients: config.CLIENT_KEYS ?? new Map(),
    operators: config.OPERATOR_KEYS ?? new Map(),
  });
  const source = createKeySource({ env, store });
  const keys = createKeys(source, { clock, ...KEYS });
  const sessions = createSessions({ keys: source, store, randomBytes, log }, { clock, ...KEYS, ...SESSIONS });
  const box = config.SECRETS_KEY ? createSecretBox(config.SECRETS_KEY, randomBytes) : null;
  const clientAdmin = createClientAdmin({
    store,
    env: new Map(
      [...new Set([...(config.CLIENT_KEYS?.values() ?? []), ...(config.CALLBACK_SECRETS?.keys() ?? [])])].map(
        (client) => [client, config.CALLBACK_SECRETS?.get(client)?.length ?? 0],
      ),
    ),
    box,
    clock,
    randomBytes,
    log,
  });
  const unsubscribe = store.onAccountsChanged(() => {
    keys.evict();
    sessions.evict();
    clientAdmin.evict();
  });
  lifecycle.add('key events', { phase: 'base', stop: unsubscribe, stopMs: STOP_MS });
  const usage = createKeyUsage({ store, clock, log });
  lifecycle.add('key usage', { phase: 'base', stop: () => usage.drain(), stopMs: STOP_MS });

  lifecycle.add('session usage', { phase: 'base', stop: () => sessions.drain(), stopMs: STOP_MS });

  return {
    keys,
    sessions,
    usage,
    failedKeys: createFailedKeys(monotonic),
    rateLimiter: createRateLimiter(monotonic),
    clientAdmin,
    keyAdmin: createKeyAdmin({ store, env, clock, randomBytes }),
    audit: createAuditLog({ store }),
  };
}
