// A folder where the guides' programs are laid out, generated for, compiled and run, as their readers would.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readBlocks } from '../support/markdown.ts';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The programs of test/clients first, then those of the project. */
const BIN = [`${HERE}node_modules/.bin`, `${ROOT}node_modules/.bin`];

export interface Workspace {
  /** Absolute, without a slash at the end. */
  readonly folder: string;
  /** Compiles every program under `--strict`. @throws Error with what the compiler says. */
  compile(): Promise<void>;
  /** Runs a compiled program by its name without extension. Resolves to the lines it prints. */
  runProgram(name: string, env: Readonly<Record<string, string>>): Promise<string[]>;
}

/**
 * Writes each block of a guide that begins with `// <file>` to that file, and runs its `npx` commands in order.
 * @param name of the folder, emptied first.
 * @param files beside the guide's own, by name.
 */
export async function createWorkspace(
  name: string,
  guide: string,
  files: Readonly<Record<string, string>>,
): Promise<Workspace> {
  const folder = `${HERE}.generated/${name}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const blocks = readBlocks(readFileSync(`${ROOT}${guide}`, 'utf8'));
  const programs = blocks.flatMap(({ language, text }) => {
    const file = /^\/\/ ([\w.-]+)\n/.exec(text)?.[1];
    return (language === 'ts' || language === 'js') && file !== undefined ? [[file, text] as const] : [];
  });
  for (const [file, text] of [...programs, ...Object.entries(files)])
    writeFileSync(`${folder}/${file}`, text);
  const env = { ...process.env, PATH: [...BIN, process.env['PATH']].join(':') };
  const commands = blocks.flatMap(({ language, text }) =>
    language === 'console' ? [...text.matchAll(/^npx (.+)$/gm)].map((match) => match[1] ?? '') : [],
  );
  for (const command of commands) await run('sh', ['-c', command], { cwd: folder, env });
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(TSCONFIG));
  writeFileSync(`${folder}/package.json`, JSON.stringify({ type: 'module' }));
  return {
    folder,
    async compile() {
      await run('tsc', ['-p', '.'], { cwd: folder, env }).catch((error: { stdout?: string }) => {
        throw new Error(`tsc --strict: ${error.stdout ?? String(error)}`);
      });
    },
    async runProgram(program, variables) {
      const { stdout } = await run(process.execPath, [`out/${program}.js`], {
        cwd: folder,
        env: { ...env, ...variables },
      });
      return stdout.trim().split('\n');
    },
  };
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'dom', 'dom.iterable'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    rewriteRelativeImportExtensions: true,
    outDir: 'out',
  },
  include: ['.'],
  exclude: ['out'],
};
