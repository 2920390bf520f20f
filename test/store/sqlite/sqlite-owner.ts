// Starts a real process that owns a SQLite file and streams inserts, so that it can be killed in the middle.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Owner {
  /** Kills the process once it has acknowledged `count` jobs; returns the ids of all it acknowledged. */
  killAfter(count: number): Promise<string[]>;
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./sqlite-owner.main.ts', import.meta.url));

/** Resolves once the process owns `file`. */
export async function startOwner(file: string): Promise<Owner> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const acknowledged: string[] = [];
  let onLine = (): void => {};
  const waitFor = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      onLine = () => {
        if (acknowledged.length >= count) resolve();
      };
      onLine();
      child.once('exit', (code) => reject(new Error(`The owner of ${file} exited with ${code}`)));
    });
  lines.on('line', (line) => {
    acknowledged.push(line);
    onLine();
  });
  // Its first line says that the file is open.
  await waitFor(1);
  acknowledged.shift();

  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    kill,
    async killAfter(count) {
      child.stdin.write('go\n');
      await waitFor(count);
      const closed = once(lines, 'close');
      await kill();
      await closed;
      return acknowledged;
    },
  };
}
