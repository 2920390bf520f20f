// One gateway process that is killed and started again, always on the same port.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

export interface Replica {
  readonly url: string;
  /** How often it ended by SIGKILL, ours or its own. */
  deaths(): number;
  /** How often it ended by itself after it had listened: nothing that befalls it may do that. */
  collapses(): number;
  /** Resolves once it listens; @throws where it does not within half a minute. */
  listening(): Promise<void>;
  kill(): void;
  /** Stands still for so long, holding its leases. */
  pause(ms: number): void;
  /** Changes what it is told at its next start. */
  reconfigure(env: Readonly<Record<string, string>>): void;
  /** Kills the process, does something while none runs, and has its successor started. */
  whileDown(work: () => Promise<void>): Promise<void>;
  /** Ends the process that runs now, and resolves once its successor listens. */
  restart(): Promise<void>;
  /** For good. */
  stop(): Promise<void>;
}

export interface ReplicaOptions {
  /** The JavaScript to run. */
  readonly file: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const START_MS = 60_000;
// A replica whose database is away ends with an error, and its supervisor starts it again.
const RESTART_MS = 100;

export function startReplica({ file, port, env, logFile }: ReplicaOptions): Replica {
  let current = env;
  let deaths = 0;
  let collapses = 0;
  let stopped = false;
  let held: (() => void) | null = null;
  let child: ChildProcess;
  let up: Promise<void>;
  let resume: NodeJS.Timeout | undefined;

  function start(): void {
    const started = spawn(process.execPath, ['--enable-source-maps', file], {
      env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), ...current },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.pipe(createWriteStream(logFile, { flags: 'a' }));
    }
    up = once(started, 'message').then(() => undefined);
    let hasListened = false;
    up.then(
      () => {
        hasListened = true;
      },
      () => undefined,
    );
    started.once('exit', (code, signal) => {
      clearTimeout(resume);
      if (code !== null && hasListened) collapses += 1;
      if (signal === 'SIGKILL') deaths += 1;
      if (held) held();
      else if (!stopped) setTimeout(() => stopped || start(), RESTART_MS);
    });
  }
  start();

  async function listening(): Promise<void> {
    for (const until = Date.now() + START_MS; Date.now() < until; ) {
      const ready = up.then(() => true);
      const waited = new Promise<false>((resolve) => setTimeout(resolve, 250, false));
      if (await Promise.race([ready, waited])) return;
    }
    throw new Error(`A gateway did not come up within ${START_MS} ms; its log is in ${logFile}`);
  }

  return {
    url: `http://127.0.0.1:${port}`,
    deaths: () => deaths,
    collapses: () => collapses,
    listening,
    kill: () => {
      child.kill('SIGKILL');
    },
    pause(ms) {
      const paused = child;
      paused.kill('SIGSTOP');
      clearTimeout(resume);
      resume = setTimeout(() => paused.kill('SIGCONT'), ms);
    },
    reconfigure(next) {
      current = next;
    },
    async whileDown(work) {
      // One that has just died is let come up, so that there is one to end.
      await listening();
      const down = new Promise<void>((resolve) => {
        held = resolve;
      });
      child.kill('SIGKILL');
      await down;
      try {
        await work();
      } finally {
        held = null;
        if (!stopped) start();
      }
    },
    async restart() {
      const before = child;
      before.kill('SIGKILL');
      while (child === before) await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
      await listening();
    },
    async stop() {
      stopped = true;
      clearTimeout(resume);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
