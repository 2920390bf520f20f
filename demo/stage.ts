// A whole Clipgate for one evening: simulator, gateway and throw-away store on free ports, gone when it closes.

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
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
  /** How many paid jobs upstream has seen. */
  purchases(): number;
  close(): Promise<void>;
}

/** @param timeScale how long a generation takes, as a share of the seconds measured on the live service. */
export async function openStage(timeScale: number): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'clipgate-demo-'));
  const upstreamKey = `sk-or-v1-demo-${randomBytes(8).toString('hex')}`;
  const simulator = await startSimulator({ timeScale, apiKey: upstreamKey });
  const store = await openSqliteStore({ file: join(folder, 'clipgate.db'), clock: Date.now });
  const gateway = await createGateway({
    config: parseConfig({
      OPENROUTER_API_KEY: upstreamKey,
      OPENROUTER_BASE_URL: simulator.apiUrl,
      ARCHIVE_DIR: join(folder, 'clips'),
      CLIENT_AUTH: 'none',
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
  const url = await gateway.app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    upstreamUrl: simulator.url,
    purchases: () => simulator.ledger().length,
    async close() {
      // Upstream first: what the gateway is still waiting for from it then ends at once.
      await simulator.close();
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
