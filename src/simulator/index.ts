// A faithful OpenRouter video API on a port of your own: start it, point any client at it, read what was bought.
import { createSimulatorApp } from './app.ts';
import { type LedgerEntry, ledgerEntry } from './ledger.ts';
import type { Settings } from './settings.ts';
import { createWorld, type WorldOptions } from './world.ts';

export type { LedgerEntry, Settings };

export type SimulatorOptions = WorldOptions & {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 0: a free port. */
  readonly port?: number | undefined;
};

export type Simulator = {
  /** Origin, without a slash at the end: `http://127.0.0.1:41233`. */
  readonly url: string;
  /** What a client takes for `https://openrouter.ai/api/v1`. */
  readonly apiUrl: string;
  readonly port: number;
  /** Repeats this run when given as `seed`. */
  readonly seed: number;
  /** Every job that was bought since start or reset, oldest first. */
  ledger(): LedgerEntry[];
  /** Moves simulated time forward. */
  advance(ms: number): void;
  /** Turns switches while it runs. @throws Error naming every one that is wrong. */
  configure(changes: Partial<Settings>): Settings;
  /** Forgets jobs and changed settings. */
  reset(): void;
  /** Stops listening and cuts what still hangs. */
  close(): Promise<void>;
};

/**
 * Starts a simulator and resolves once it listens.
 *
 * @throws Error when the port is taken, or the catalog or a setting is wrong.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const world = createWorld(options);
  const app = createSimulatorApp(world);
  const host = options.host ?? '127.0.0.1';
  await app.listen({ host, port: options.port ?? 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port');
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  return {
    url,
    apiUrl: `${url}/api/v1`,
    port: address.port,
    seed: world.seed,
    ledger: () => world.jobs.all().map((job) => ledgerEntry(job, world.clock.nowMs())),
    advance: (ms) => world.clock.advance(ms),
    configure: (changes) => world.changeSettings(changes),
    reset: () => world.reset(),
    async close() {
      world.clock.stop();
      await app.close();
    },
  };
}
