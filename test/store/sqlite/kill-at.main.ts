// Preloaded into a program: kills its process just before the call numbered KILL_AT of those that change files.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const CHANGES = [
  'openSync',
  'closeSync',
  'copyFileSync',
  'fsyncSync',
  'renameSync',
  'rmSync',
  'writeFileSync',
] as const;
const killAt = Number(process.env['KILL_AT']);
let calls = 0;
let counting = false;

/** Reading and compiling the program is none of it. */
export const startCounting = (): void => {
  counting = true;
};

for (const name of CHANGES) {
  const call = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      if (counting) calls += 1;
      if (counting && calls === killAt) process.kill(process.pid, 'SIGKILL');
      return call(...args);
    },
  });
}
syncBuiltinESMExports();
