// Compiles the sources for a run's processes into a folder of their own, with a mutation applied where one is asked for.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['src', 'torture'];

/** A change to one source file: `from` must stand in it exactly once. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Build {
  /** What a source such as `src/main.ts` became. */
  pathOf(source: string): string;
  remove(): void;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ES2022,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  inlineSourceMap: true,
};

function applyEdits(file: string, source: string, edits: readonly Edit[]): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce((text, { from, to }) => {
      const parts = text.split(from);
      if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times, not once: ${from}`);
      return parts.join(to);
    }, source);
}

/** @throws where an edit names a file that is not there, or a line that does not stand in it exactly once. */
export function checkEdits(edits: readonly Edit[]): void {
  for (const { file } of edits) applyEdits(file, readFileSync(join(ROOT, file), 'utf8'), edits);
}

/** File by file and without checking types, which takes a second instead of ten. @throws where an edit does not fit. */
export function build(edits: readonly Edit[] = []): Build {
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-torture-build-'));
  try {
    const files = ROOMS.flatMap((room) =>
      readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(room, name)),
    );
    checkEdits(edits);
    for (const file of files) {
      const source = applyEdits(file, readFileSync(join(ROOT, file), 'utf8'), edits);
      const target = join(folder, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(
        target,
        ts.transpileModule(source, { fileName: file, compilerOptions: OPTIONS }).outputText,
      );
    }
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    pathOf: (source) => join(folder, source.replace(/\.ts$/, '.js')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
