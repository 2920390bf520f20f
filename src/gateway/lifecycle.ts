// Starts background parts in order and stops them in reverse, each stop with its own time limit.

import type { Log } from '../service/runtime/log.ts';

/**
 * When a part is stopped. `work`: first and all at once, so that nothing new begins while requests under way are
 * answered. `reads`: once those are answered; what is only read from outside is cut off. `base`: last, one by one, when
 * nothing stands on it any more.
 */
export type Phase = 'work' | 'reads' | 'base';

export interface Part {
  readonly phase: Phase;
  readonly start?: () => void | Promise<void>;
  /** Resolves when the part has come to rest. Also called where the start failed or never came. */
  readonly stop: () => unknown;
  /** How long the stop is waited for. */
  readonly stopMs: number;
  /** Left out of a start without background work; false unless it says so. */
  readonly isBackground?: boolean;
}

export interface Lifecycle {
  /** @param name for log lines. */
  add(name: string, part: Part): void;
  /** In the order in which parts were added. @throws what a part throws: the caller stops everything then. */
  start(options: { readonly background: boolean }): Promise<void>;
  /** Never throws: a stop that fails, or takes longer than it may, keeps no other from being stopped. */
  stop(phase: Phase): Promise<void>;
}

export function createLifecycle({ log }: { readonly log: Log }): Lifecycle {
  const parts: { readonly name: string; readonly part: Part }[] = [];

  async function stopOne(name: string, { stop, stopMs }: Part): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, stopMs, 'late');
    });
    try {
      // In a function of its own, because a stop may throw before it returns a promise.
      const stopped = (async () => {
        await stop();
        return 'stopped' as const;
      })();
      if ((await Promise.race([stopped, limit])) === 'stopped') return log.debug({ part: name }, 'stopped');
      log.warn({ part: name, limit_ms: stopMs }, 'a part did not stop in time: stopping the others');
      stopped.catch((error: unknown) =>
        log.warn({ part: name, err: error }, 'a part failed to stop after its time limit'),
      );
    } catch (error) {
      log.warn({ part: name, err: error }, 'a part failed to stop: stopping the others');
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    add(name, part) {
      parts.push({ name, part });
    },
    async start({ background }) {
      for (const { part } of parts) {
        if (background || !part.isBackground) await part.start?.();
      }
    },
    async stop(phase) {
      const these = parts.filter(({ part }) => part.phase === phase).reverse();
      if (phase === 'work') {
        await Promise.all(these.map(({ name, part }) => stopOne(name, part)));
        return;
      }
      for (const { name, part } of these) await stopOne(name, part);
    },
  };
}
