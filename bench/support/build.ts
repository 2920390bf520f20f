// Compiles the sources as `npm run build` does, so that what is measured is what runs in production.

import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Build {
  /** Absolute path of the JavaScript that a source file became, such as `src/main.ts`. */
  pathOf(source: string): string;
  /** A folder for the run's own files; gone with the build. */
  readonly scratch: string;
  remove(): Promise<void>;
}

/**
 * Into a folder of its own. Running the TypeScript through a loader instead would charge our closures for the names
 * it gives them, and the yardsticks, having few, would hardly notice.
 */
export async function build(): Promise<Build> {
  const folder = await mkdtemp(join(tmpdir(), 'clipgate-bench-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await promisify(execFile)(
      process.execPath,
      [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        '-p',
        join(ROOT, 'bench/tsconfig.json'),
        '--outDir',
        folder,
      ],
      { cwd: ROOT },
    );
    await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    pathOf: (source) => join(folder, source.replace(/\.ts$/, '.js')),
    scratch: folder,
    remove,
  };
}

/** The recorded catalog: what upstream sent for its thirty models. */
export const CATALOG_FILE = join(ROOT, 'test/fixtures/videos-models.2026-10-02.json');
/** The same models in upstream's other list, with what they take as input. */
export const MODALITIES_FILE = join(ROOT, 'test/fixtures/input-modalities.2026-10-02.json');
