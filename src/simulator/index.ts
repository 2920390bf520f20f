// A simulation of OpenRouter's video API on a local port: start it, point any client at it, read what was bought.
import { createSimulatorApp } from './app.ts';
import { controlOperations } from './control/operations.ts';
import { type FaultRequest, FaultRuleSchema } from './faults/catalogue.ts';
import { type LedgerEntry, ledgerEntry } from './ledger.ts';
import { createListener, type Listener } from './listener.ts';
import type { Settings, SettingsChange } from './settings.ts';
import { createWorld, type WorldOptions } from './world.ts';

export type { FaultRequest, LedgerEntry, Settings, SettingsChange };

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
  /** Submits that came in with a good key since start or reset: those that bought nothing count as well. */
  submits(): number;
  /** Adds a fault for requests to come, as `POST /_sim/faults` does; the returned function takes it back. @throws ZodError */
  addFault(fault: Exclude<FaultRequest, { fault: 'refuse' }>): () => void;
  clearFaults(): void;
  /** Moves simulated time forward, milliseconds; whatever comes due by then happens. */
  advance(ms: number): void;
  /** Turns switches while it runs. @throws ZodError naming every one that is wrong. */
  configure(change: SettingsChange): Settings;
  /** Refuses connections (ECONNREFUSED) until `listenAgain`. */
  refuseConnections(): void;
  listenAgain(): Promise<void>;
  /** Forgets jobs, planned webhooks, faults and changed settings. */
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
  let listener: Listener | undefined;
  const operations = controlOperations(world, (forMs) => listener?.closeFor(forMs));
  const app = createSimulatorApp(world, operations);
  const host = options.host ?? '127.0.0.1';
  await app.listen({ host, port: options.port ?? 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port');
  const { port } = address;
  const opened = createListener(app.server, { host, port });
  listener = opened;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url,
    apiUrl: `${url}/api/v1`,
    port,
    seed: world.seed,
    ledger: () => world.jobs.all().map((job) => ledgerEntry(job, world.clock.nowMs())),
    submits: () => world.traffic.submits,
    addFault(fault) {
      const rule = world.faults.add(FaultRuleSchema.parse(fault));
      return () => {
        world.faults.remove(rule.id);
      };
    },
    clearFaults: () => world.faults.clear(),
    advance: (ms) => world.clock.advance(ms),
    configure: (change) => world.changeSettings(change),
    refuseConnections: () => opened.close(),
    listenAgain: () => opened.open(),
    reset: () => world.reset(),
    async close() {
      world.clock.stop();
      await world.webhooks.close();
      opened.close();
      await app.close();
    },
  };
}
