// One measured process: started with the probe in it, asked what it has used, and stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import type { Hold, Usage } from '../probe.ts';
import type { Build } from './build.ts';

export interface Child {
  readonly process: ChildProcess;
  usage(): Promise<Usage>;
  /** Milliseconds that the event loop stood still at the longest since this was asked last. */
  hold(): Promise<number>;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** More options for node itself, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

const STOP_MS = 10_000;

/** @param source the file to run, such as `src/main.ts`. What it prints is thrown away, as in /dev/null. */
export function startChild(built: Build, source: string, options: ChildOptions = {}): Child {
  const probe = pathToFileURL(built.pathOf('bench/probe.ts')).href;
  const child = spawn(
    process.execPath,
    [...(options.nodeOptions ?? []), '--import', probe, built.pathOf(source), ...(options.args ?? [])],
    {
      // Nothing of the caller's own environment: a stray variable would be measured with the rest.
      env: { PATH: process.env['PATH'], ...options.env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const exited = once(child, 'exit');
  return {
    process: child,
    async usage() {
      const answered = once(child, 'message');
      child.send('usage');
      const [usage] = (await answered) as [Usage];
      return usage;
    },
    async hold() {
      const answered = once(child, 'message');
      child.send('hold');
      const [{ holdMs }] = (await answered) as [Hold];
      return holdMs;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(force);
    },
  };
}

/** Starts one of our own servers and resolves with the port it says it listens on. */
export async function startServer(
  built: Build,
  source: string,
  args: readonly string[],
): Promise<Child & { readonly port: number }> {
  const child = startChild(built, source, { args });
  const [{ port }] = (await once(child.process, 'message', { signal: AbortSignal.timeout(STOP_MS) })) as [
    { port: number },
  ];
  return { ...child, port };
}
