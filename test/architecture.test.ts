// The lint rules of the layers find what is planted, no imports form a cycle, and every file has its form.

import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

// Without the rules that need types: `npm run lint` runs those, and these, over every file.
const eslint = new ESLint({ overrideConfigFile: 'layers.config.js' });

async function findViolations(filePath: string, source: string): Promise<string[]> {
  const [result] = await eslint.lintText(source, { filePath });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

const LAYER = 'boundaries/dependencies';
const SYNTAX = 'no-restricted-syntax';
const GLOBAL = 'no-restricted-globals';

describe('a layer', () => {
  it.each([
    ['src/core/planted.ts', `import { z } from 'zod'; import { Big } from 'big.js'; import './job/job.ts';`],
    ['src/outbound/planted.ts', `import { request } from 'undici'; import '../core/job/job.ts';`],
    ['src/store/planted.ts', `import { Kysely } from 'kysely'; import '../core/job/job.ts';`],
    ['src/service/planted.ts', `import type { JobStore } from '../store/ports/jobs.ts';`],
    ['src/service/planted.ts', `type Port = import('../store/ports/jobs.ts').JobStore;`],
    ['src/http/planted.ts', `import Fastify from 'fastify'; import '../service/jobs/jobs.ts';`],
    ['src/gateway/planted.ts', `import '../store/ports/jobs.ts'; import '../http/app.ts';`],
    [
      'src/main.ts',
      `import './gateway/gateway.ts'; import closeWithGrace from 'close-with-grace'; process.exit();`,
    ],
    ['src/simulator/routes/planted.ts', `import Fastify from 'fastify'; import '../world.ts';`],
  ])('%s may have %s', async (path, source) => {
    expect(await findViolations(path, source)).toEqual([]);
  });

  it.each([
    ['src/core/planted.ts', `import '../store/ports/jobs.ts';`],
    ['src/core/planted.ts', `import type { JobStore } from '../store/ports/jobs.ts';`],
    ['src/core/planted.ts', `export type X = import('../http/server/auth.ts').X;`],
    ['src/core/planted.ts', `import { readFileSync } from 'node:fs';`],
    ['src/core/planted.ts', `import { LRUCache } from 'lru-cache';`],
    ['src/outbound/planted.ts', `import '../store/ports/jobs.ts';`],
    ['src/store/planted.ts', `import '../outbound/openrouter/wire.ts';`],
    ['src/store/planted.ts', `import { request } from 'undici';`],
    ['src/service/planted.ts', `import '../store/ports/jobs.ts';`],
    // Such an import still runs the file.
    ['src/service/planted.ts', `import { type JobStore } from '../store/ports/jobs.ts';`],
    ['src/service/planted.ts', `import type { App } from '../http/server/context.ts';`],
    ['src/service/planted.ts', `import Fastify from 'fastify';`],
    ['src/http/planted.ts', `import swagger from '@fastify/swagger'; import 'kysely';`],
    ['src/http/planted.ts', `import type { JobStore } from '../store/ports/jobs.ts';`],
    ['src/http/planted.ts', `await import('../outbound/openrouter/wire.ts');`],
    ['src/config/planted.ts', `import '../gateway/gateway.ts';`],
    ['src/gateway/planted.ts', `import '../simulator/index.ts';`],
    ['src/gateway/planted.ts', `import closeWithGrace from 'close-with-grace';`],
    ['src/main.ts', `import './simulator/index.ts';`],
    ['src/simulator/planted.ts', `import type { Job } from '../core/job/job.ts';`],
    ['src/simulator/planted.ts', `import '../version.ts';`],
    ['src/version.ts', `import 'node:fs';`],
  ])('%s may not have %s', async (path, source) => {
    expect(await findViolations(path, source)).toEqual([LAYER]);
  });

  it('is known for every file', async () => {
    expect(await findViolations('src/elsewhere/planted.ts', 'export {};')).toEqual([
      'boundaries/no-unknown-files',
    ]);
  });
});

describe('core', () => {
  it.each([
    [SYNTAX, 'export const now = () => Date.now();'],
    [SYNTAX, 'export const now = () => new Date();'],
    [SYNTAX, 'const { now } = Date; export const time = now;'],
    [SYNTAX, 'export const now = () => Date["now"]();'],
    [SYNTAX, 'export const parts = { clock: Date };'],
    [SYNTAX, 'export const text = new Intl.DateTimeFormat().format();'],
    [SYNTAX, 'export const roll = () => Math.random();'],
    [SYNTAX, 'export const roll = () => Math["random"]();'],
    [SYNTAX, 'const { random } = Math; export const roll = random;'],
    [SYNTAX, 'export const roll = pick(Math); function pick(m: object) { return m; }'],
    [SYNTAX, 'export async function f(x: object) { await x; }'],
    [SYNTAX, 'export const here = import.meta.url;'],
    [GLOBAL, 'export const now = () => performance.now();'],
    [GLOBAL, 'export const key = process.env["KEY"];'],
    [GLOBAL, 'export const id = () => crypto.randomUUID();'],
    [GLOBAL, 'export const get = () => fetch("http://localhost");'],
    [GLOBAL, 'setTimeout(() => undefined, 1);'],
    [GLOBAL, 'export const now = () => globalThis["Date"].now();'],
    [GLOBAL, 'export const now = () => eval("Date.now()");'],
  ])('is pure (%s): %s', async (rule, source) => {
    expect(await findViolations('src/core/planted.ts', source)).toEqual([rule]);
  });

  it('may compute, and name its own things as it likes', async () => {
    const source = [
      'interface Clip { readonly fetch: number; readonly process: string }',
      'export const size = (clip: Clip) => Math.max(clip.fetch, JSON.stringify([clip.process]).length);',
      'export const later = (performance: number) => new Date(performance + Date.UTC(2026, 1, 1)).getTime();',
      '// Date.now()',
      'export const text = "Date.now()";',
    ].join('\n');
    expect(await findViolations('src/core/planted.ts', source)).toEqual([]);
  });
});

describe('every file', () => {
  it.each([
    [SYNTAX, `export * from './jobs/jobs.ts';`],
    [SYNTAX, `export { createJobs } from './jobs/jobs.ts';`],
    [SYNTAX, `export type { Jobs } from './jobs/jobs.ts';`],
    [SYNTAX, 'export class Jobs {}'],
    [SYNTAX, `const name = './jobs/jobs.ts'; await import(name);`],
    [GLOBAL, 'export const f = () => process.env;'],
    ['no-restricted-imports', `import { env } from 'node:process'; export const f = () => env;`],
  ])('is refused (%s): %s', async (rule, source) => {
    expect(await findViolations('src/service/planted.ts', source)).toEqual([rule]);
  });

  it('may have a class for an error', async () => {
    expect(await findViolations('src/service/planted.ts', 'export class DiskError extends Error {}')).toEqual(
      [],
    );
  });

  it('begins with a comment and has a kebab-case name', () => {
    const odd = sources().filter(
      ([path, text]) => !/^\/\/ \S/.test(text) || !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(posix.basename(path)),
    );
    expect(odd.map(([path]) => path)).toEqual([]);
  });
});

describe('the imports of src', () => {
  it('form no cycle, types included', () => {
    const graph = importGraph(sources());
    expect(graph.size).toBeGreaterThan(200);
    expect(findCycle(graph)).toBeNull();
  });

  it('would be seen to form one', () => {
    const planted = importGraph([
      ['src/a.ts', `import { b } from './lib/b.ts';`],
      ['src/lib/b.ts', `export type C = import('./c.ts').C;`],
      ['src/lib/c.ts', `import type { A } from '../a.ts';`],
      ['src/lib/d.ts', `import '../a.ts';`],
    ]);
    expect(findCycle(planted)).toEqual(['src/a.ts', 'src/lib/b.ts', 'src/lib/c.ts', 'src/a.ts']);
  });
});

function sources(): [path: string, text: string][] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [`src/${path}`, readFileSync(`src/${path}`, 'utf8')]);
}

type Graph = ReadonlyMap<string, readonly string[]>;

function importGraph(files: readonly [path: string, text: string][]): Graph {
  return new Map(
    files.map(([path, text]) => [
      path,
      ts
        .preProcessFile(text, true, true)
        .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => posix.join(posix.dirname(path), fileName)),
    ]),
  );
}

/** The files of one cycle, the first again at its end; null where there is none. */
function findCycle(graph: Graph): string[] | null {
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (finished.has(path)) return null;
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    trail.pop();
    finished.add(path);
    return null;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path);
    if (cycle) return cycle;
  }
  return null;
}
