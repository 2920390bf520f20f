// Installs the programs of others that test/clients runs, once per lock file, apart from what a newcomer installs.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const lock = `${folder}package-lock.json`;
/** A copy of the lock file that was installed: npm writes none that can be compared. */
const installed = `${folder}node_modules/.clipgate-lock.json`;

if (!existsSync(installed) || !readFileSync(installed).equals(readFileSync(lock))) {
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (npm.status !== 0) process.exit(npm.status ?? 1);
  copyFileSync(lock, installed);
}
