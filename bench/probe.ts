// Preloaded into every measured process: answers over IPC what it has cost so far, and touches nothing else.

import process from 'node:process';

export interface Usage {
  /** User and system time since the process began. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const usage: Usage = { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
  process.send?.(usage);
});
// Listening for messages must not keep a process alive that has nothing else to do.
process.channel?.unref();
