// Runs one of our programs as a real process: its lines as they come, its exit, and no orphan when a test ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

export interface Program {
  readonly pid: number;
  /** All it has written so far. */
  output(): string;
  /** What the pattern catches in the output, once it is there. @throws where the process ends first. */
  waitFor(pattern: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Resolves once it is gone: its exit code, or the signal that ended it. */
  exit(): Promise<number | NodeJS.Signals | null>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** With TEST_PROGRAMS=dist the programs of `src` are those that `npm run build` made: what is deployed, and started sooner. */
const isBuilt = process.env['TEST_PROGRAMS'] === 'dist';

function argumentsFor(file: string): readonly string[] {
  const built = isBuilt ? /^src\/(.+)\.ts$/.exec(file)?.[1] : undefined;
  return built === undefined
    ? ['--import', 'tsx', resolve(ROOT, file)]
    : ['--enable-source-maps', resolve(ROOT, 'dist', `${built}.js`)];
}

/**
 * @param file absolute, or relative to the repository; run with tsx, or as it was built.
 * @param env all of the environment it gets, PATH aside.
 */
export function runProgram(
  file: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Program {
  const child = spawn(process.execPath, [...argumentsFor(file), ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const closed = once(child, 'close');
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  onTestFinished(async () => {
    if (!ended()) child.kill('SIGKILL');
    await closed;
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    async waitFor(pattern) {
      await expect.poll(() => pattern.test(output) || ended(), { timeout: 20_000, interval: 20 }).toBe(true);
      const match = pattern.exec(output);
      if (!match) throw new Error(`${file} ended without ${pattern}:\n${output}`);
      return match[1] ?? match[0];
    },
    signal: (name) => {
      child.kill(name);
    },
    async exit() {
      await closed;
      return child.exitCode ?? child.signalCode;
    },
  };
}
