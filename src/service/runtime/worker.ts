// A worker on a queue in the store: claims items that are due in turns by client, runs them, and polls again when more are due.

import type { FairTurns } from '../../store/ports/lease.ts';
import type { Log } from './log.ts';
import { createLoop } from './loop.ts';

export interface WorkerRound {
  readonly claimed: number;
  /** Resolves when everything that this round claimed has ended. */
  readonly settled: Promise<void>;
}

export interface WorkerStats {
  /** Claims that are being run. */
  readonly inFlight: number;
}

export interface Worker {
  /** One round: claims and starts what is due, up to the free capacity. */
  tick(): Promise<WorkerRound>;
  start(): void;
  /** Looks for due work now. */
  wake(): void;
  /** Claims nothing new and waits for what is under way. */
  stop(): Promise<void>;
  stats(): WorkerStats;
}

export interface WorkerParts<C> {
  /** In the words of a log line: "could not look for <name>". */
  readonly name: string;
  /** Claims at most `limit`, oldest due first. */
  readonly claim: (limit: number, turns: FairTurns) => Promise<readonly C[]>;
  /** Whose turn a claim is. Absent = slots are not shared out. */
  readonly clientOf?: (claim: C) => string;
  /** A rejection is logged: the lease runs out, and the work is claimed again. */
  readonly run: (claim: C) => Promise<void>;
  /** For log lines about a claim. */
  readonly describe: (claim: C) => object;
  /** Milliseconds until something can be claimed, the clients left out aside; 0 = now, null = never. */
  readonly nextInMs: (exceptClients: readonly string[]) => Promise<number | null>;
  /** Done before each round. */
  readonly prepare?: () => Promise<void>;
  /** True where `prepare` has more to do at once. */
  readonly hasMore?: () => boolean;
  readonly log: Log;
}

export interface WorkerOptions {
  /** Claims run at once. */
  readonly concurrency: number;
  /** Claim until nothing is left to claim: for a claim that returns fewer jobs at once than there are free slots. */
  readonly untilEmpty?: boolean;
}

// How long the loop sleeps at most: work made due by another process is found no later than this.
const IDLE_MS = 5_000;
const RETRY_MS = 1_000;
// What is due and could not be claimed is another process's at this moment.
const CONTENDED_MS = 20;

export function createWorker<C>(parts: WorkerParts<C>, options: WorkerOptions): Worker {
  const { clientOf, log } = parts;
  const running = new Set<Promise<void>>();
  const runningOf = new Map<string, number>();

  /**
   * A client may begin something only while more slots are free than it holds. Alone it gets half of them, two get a
   * third each, and there is always a slot for a client that holds none.
   */
  function turnsFor(free: number): FairTurns {
    if (!clientOf) return { perClient: free, exceptClients: [] };
    const exceptClients: string[] = [];
    let most = 0;
    for (const [client, held] of runningOf) {
      if (held >= free) exceptClients.push(client);
      else most = Math.max(most, held);
    }
    return { perClient: Math.max(1, Math.floor((free - most) / 2)), exceptClients };
  }

  function begin(claim: C): Promise<void> {
    const client = clientOf?.(claim);
    if (client !== undefined) runningOf.set(client, (runningOf.get(client) ?? 0) + 1);
    const ended = parts
      .run(claim)
      .catch((error: unknown) =>
        log.error({ err: error, ...parts.describe(claim) }, `a step of ${parts.name} failed`),
      )
      .finally(() => {
        if (client !== undefined) {
          const left = (runningOf.get(client) ?? 1) - 1;
          if (left > 0) runningOf.set(client, left);
          else runningOf.delete(client);
        }
        running.delete(ended);
        loop.wake();
      });
    running.add(ended);
    return ended;
  }

  async function tick(): Promise<WorkerRound> {
    await parts.prepare?.();
    const begun: Promise<void>[] = [];
    do {
      const free = options.concurrency - running.size;
      if (free <= 0) break;
      const turns = turnsFor(free);
      // Reading first: most of the time nothing is due, and a claim is a write.
      if ((await parts.nextInMs(turns.exceptClients)) !== 0) break;
      const claims = await parts.claim(free, turns);
      if (claims.length === 0) break;
      begun.push(...claims.map(begin));
    } while (options.untilEmpty);
    return { claimed: begun.length, settled: Promise.all(begun).then(() => undefined) };
  }

  /** Milliseconds until the next round. */
  async function look(): Promise<number> {
    const { claimed } = await tick();
    const free = options.concurrency - running.size;
    if (parts.hasMore?.()) return 0;
    // With every slot taken the end of a step wakes the loop.
    if (free <= 0) return IDLE_MS;
    const nextMs = (await parts.nextInMs(turnsFor(free).exceptClients)) ?? IDLE_MS;
    return Math.min(IDLE_MS, Math.max(nextMs, claimed > 0 ? 0 : CONTENDED_MS));
  }

  const loop = createLoop(
    look,
    (error) => log.error({ err: error }, `could not claim ${parts.name}`),
    RETRY_MS,
  );

  return {
    tick,
    start: () => loop.start(),
    wake: () => loop.wake(),
    async stop() {
      await loop.stop();
      await Promise.all(running);
    },
    stats: () => ({ inFlight: running.size }),
  };
}
