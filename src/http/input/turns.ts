// Lets clients take turns at what holds the event loop: one piece of work of each client, then everybody's other events.

import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { ANONYMOUS } from '../../core/client.ts';

// What is thrown away need not be fast, and 64 kB a millisecond are: more would be work for everybody's event loop.
const DRAIN_PAUSE_MS = 1;

export interface Turns {
  /**
   * Runs `work` at once where this client has had no turn since the event loop last looked for events; in the client's
   * next turn otherwise, first come, first served.
   * @param client as `turnsOf` names it.
   */
  take(client: string, work: () => void): void;
  /** The same for reading what is thrown away: turns that come more slowly. */
  takeToDrain(client: string, work: () => void): void;
}

export const createTurns = (): Turns => ({
  take: createRounds(setImmediate),
  takeToDrain: createRounds((startRound) => setTimeout(startRound, DRAIN_PAUSE_MS)),
});

function createRounds(schedule: (startRound: () => void) => unknown): Turns['take'] {
  // Of every client that has had its turn in this round: what waits for the next one.
  const waiting = new Map<string, (() => void)[]>();

  function startRound(): void {
    for (const [client, queue] of [...waiting]) {
      const work = queue.shift();
      if (work) work();
      else waiting.delete(client);
    }
    if (waiting.size > 0) schedule(startRound);
  }

  return (client, work) => {
    const queue = waiting.get(client);
    if (queue) {
      queue.push(work);
      return;
    }
    waiting.set(client, []);
    if (waiting.size === 1) schedule(startRound);
    work();
  };
}

/** Whose turn a request uses: its client's. Where there is none, or all are one client, its address's. */
export function turnsOf({ principal, ip }: FastifyRequest): string {
  const client = principal?.client ?? ANONYMOUS;
  return client === ANONYMOUS ? `${ANONYMOUS} ${ip}` : client;
}

/** Reads no more of a flowing stream before its client's next turn. */
export function pauseForTurn(stream: Readable, turns: Turns, client: string): void {
  stream.pause();
  turns.take(client, () => stream.resume());
}

/** Reads what is left and throws it away, so that the client reads its answer; by itself Node would read 2 MB at once. */
export function drainInTurns(stream: Readable, turns: Turns, client: string): void {
  // A late error of a stream without a reader would end the process.
  stream
    .on('error', () => undefined)
    .on('data', () => {
      stream.pause();
      turns.takeToDrain(client, () => stream.resume());
    })
    .resume();
}
