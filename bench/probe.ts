// Preloaded into every measured process: answers over IPC what it has cost so far, and touches nothing else.

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

export interface Usage {
  /** User and system time since the process began. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

export interface Hold {
  /** The longest that the event loop stood still since the last time it was asked; 0 the first time. */
  readonly holdMs: number;
}

/** Only where it is asked for: it wakes the process every millisecond. */
let delay: IntervalHistogram | null = null;

process.on('message', (message) => {
  if (message === 'hold') {
    const hold: Hold = { holdMs: delay ? delay.max / 1e6 : 0 };
    delay ??= monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    delay.reset();
    process.send?.(hold);
  }
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const usage: Usage = { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
  process.send?.(usage);
});
// Listening for messages must not keep a process alive that has nothing else to do.
process.channel?.unref();
