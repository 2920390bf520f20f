// A whole Clipgate for one evening: simulator, gateway and throw-away store on free ports, gone when it closes.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parseConfig } from '../src/config/parse.ts';
import { createGateway } from '../src/gateway/gateway.ts';
import { startSimulator } from '../src/simulator/index.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite.ts';
import { VERSION } from '../src/version.ts';

export interface Stage {
  /** Origin of the gateway. */
  readonly url: string;
  /** Origin of the simulated OpenRouter. */
  readonly upstreamUrl: string;
  /** Good for everything an operator may do, here alone. */
  readonly operatorKey: string;
  /** How many paid jobs upstream has seen. */
  purchases(): number;
  close(): Promise<void>;
}

/** The address that the documentation's commands use. */
const PORT = 8080;

/** `PORT` where nothing listens there, else 0: any free one. */
async function findPort(): Promise<number> {
  const probe = createServer();
  try {
    await once(probe.listen(PORT, '127.0.0.1'), 'listening');
    return PORT;
  } catch {
    return 0;
  } finally {
    probe.close();
  }
}

/**
 * @param timeScale how long a generation takes, as a share of the seconds measured on the live service.
 * @param options.keepsPort listens at the address of the documentation, where it is free.
 */
export async function openStage(
  timeScale: number,
  { keepsPort }: { readonly keepsPort: boolean },
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'clipgate-demo-'));
  const upstreamKey = `sk-or-v1-demo-${randomBytes(8).toString('hex')}`;
  const operatorKey = `op-demo-${randomBytes(8).toString('hex')}`;
  const simulator = await startSimulator({ timeScale, apiKey: upstreamKey });
  const store = await openSqliteStore({ file: join(folder, 'clipgate.db'), clock: Date.now });
  const gateway = await createGateway({
    config: parseConfig({
      OPENROUTER_API_KEY: upstreamKey,
      OPENROUTER_BASE_URL: simulator.apiUrl,
      ARCHIVE_DIR: join(folder, 'clips'),
      CLIENT_AUTH: 'none',
      OPERATOR_KEYS: `ops:${createHash('sha256').update(operatorKey).digest('hex')}`,
      SECRETS_KEY: randomBytes(32).toString('hex'),
      POLL_MIN_MS: '100',
      POLL_MAX_MS: '300',
    }),
    store,
    log: pino({ level: 'silent' }),
    version: VERSION,
    owner: randomUUID(),
    clock: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
  });
  await gateway.start();
  const url = await gateway.app.listen({ host: '127.0.0.1', port: keepsPort ? await findPort() : 0 });
  return {
    url,
    upstreamUrl: simulator.url,
    operatorKey,
    purchases: () => simulator.ledger().length,
    async close() {
      // Upstream first: what the gateway is still waiting for from it then ends at once.
      await simulator.close();
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
