// Bundles the console: one script and one style with their hashes in their names, each compressed beside itself.

import { hash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build } from 'esbuild';

const SOURCES = fileURLToPath(new URL('../console', import.meta.url));

export interface ConsoleFile {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Writes `index.html` and `assets/` into a folder, in place of what was there. @returns what a browser loads. */
export async function bundleConsole(folder: string): Promise<readonly ConsoleFile[]> {
  const { outputFiles } = await build({
    absWorkingDir: SOURCES,
    entryPoints: ['main.ts', 'style.css'],
    outdir: join(folder, 'assets'),
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'safari16'],
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  const icon = await readFile(join(SOURCES, 'icon.svg'));
  const assets = new Map<string, Uint8Array>([
    ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const),
    [`icon-${hash('sha256', icon, 'hex').slice(0, 8)}.svg`, icon],
  ]);

  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'assets'), { recursive: true });
  const template = await readFile(join(SOURCES, 'index.html'), 'utf8');
  const index = template.replace(/\{\{(\w+)\.(\w+)\}\}/g, (_, stem: string, extension: string) => {
    const name = [...assets.keys()].find(
      (one) => one.startsWith(`${stem}-`) && one.endsWith(`.${extension}`),
    );
    if (name === undefined) throw new Error(`The bundle has no ${stem}.${extension}`);
    return `/console/assets/${name}`;
  });
  await writeFile(join(folder, 'index.html'), index);

  const files: ConsoleFile[] = [];
  for (const [name, contents] of assets) {
    const path = join(folder, 'assets', name);
    const zipped = await promisify(gzip)(contents, { level: 9 });
    await writeFile(path, contents);
    await writeFile(`${path}.gz`, zipped);
    await writeFile(`${path}.br`, await promisify(brotliCompress)(contents));
    files.push({ name, bytes: contents.length, gzipBytes: zipped.length });
  }
  return files;
}
