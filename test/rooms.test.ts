// The doors between the rooms of src and the purity of core, as CONTRIBUTING.md draws them.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findViolations } from './support/doors.ts';

function readSources(): Record<string, string> {
  const paths = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  return Object.fromEntries(paths.map((path) => [`src/${path}`, readFileSync(`src/${path}`, 'utf8')]));
}

/** What is found in one small file, without its place. */
const findIn = (path: string, source: string): string[] =>
  findViolations({ [path]: `// Something small.\n${source}\n` }).map((line) => line.replace(/^\S+ /, ''));

describe('the house', () => {
  it('is in order', () => {
    const sources = readSources();
    expect(Object.keys(sources).length).toBeGreaterThan(80);
    expect(findViolations(sources)).toEqual([]);
  });

  it('would not be, with one line more in any of its rooms', () => {
    const sources = readSources();
    const planted = Object.keys(sources).filter((path) => {
      const outside = path.startsWith('src/simulator/') ? 'core/job.ts' : 'simulator/index.ts';
      const up = '../'.repeat(path.split('/').length - 2) || './';
      const source = `${sources[path]}import '${up}${outside}';\n`;
      return findViolations({ [path]: source }).some((line) => line.includes('may not enter'));
    });
    expect(planted).toEqual(Object.keys(sources));
  });
});

describe('a door', () => {
  it.each([
    ['src/core/a.ts', `import { z } from 'zod'; import { Big } from 'big.js'; import './job.ts';`],
    ['src/upstream/a.ts', `import { request } from 'undici'; import '../core/job.ts';`],
    ['src/store/a.ts', `import { Kysely } from 'kysely'; import '../core/job.ts';`],
    ['src/service/a.ts', `import type { JobStore } from '../store/port.ts'; import '../core/job.ts';`],
    ['src/service/a.ts', `type Port = import('../store/port.ts').JobStore;`],
    ['src/http/a.ts', `import Fastify from 'fastify'; import '../service/jobs.ts'; import '../core/job.ts';`],
    ['src/http/app.ts', `import type { Jobs } from './service/jobs.ts'; import './http/auth.ts';`],
    [
      'src/gateway/gateway.ts',
      `import './store/sqlite.ts'; import './upstream/wire.ts'; import './service/jobs.ts';`,
    ],
    ['src/main.ts', `import './gateway.ts'; import closeWithGrace from 'close-with-grace';`],
    ['src/simulator/a.ts', `import Fastify from 'fastify'; import './world.ts';`],
    ['src/simulator/routes/a.ts', `import '../world.ts';`],
  ])('of %s is open to %s', (path, source) => {
    expect(findIn(path, source)).toEqual([]);
  });

  it.each([
    ['src/core/a.ts', `import '../store/port.ts';`, 'core may not enter store'],
    ['src/core/a.ts', `import type { JobStore } from '../store/port.ts';`, 'core may not enter store'],
    ['src/core/price/a.ts', `import '../../http/auth.ts';`, 'core may not enter http'],
    ['src/core/a.ts', `import { readFileSync } from 'node:fs';`, 'core may not use node:fs'],
    ['src/core/a.ts', `import { LRUCache } from 'lru-cache';`, 'core may not use lru-cache'],
    ['src/core/a.ts', `export type X = import('../http/auth.ts').X;`, 'core may not enter http'],
    ['src/upstream/a.ts', `import '../store/port.ts';`, 'upstream may not enter store'],
    ['src/store/a.ts', `import '../upstream/wire.ts';`, 'store may not enter upstream'],
    ['src/store/a.ts', `import { request } from 'undici';`, 'store may not use undici'],
    ['src/service/a.ts', `import '../store/sqlite.ts';`, 'service may only see the types of store'],
    // Such an import still runs the file.
    [
      'src/service/a.ts',
      `import { type JobStore } from '../store/port.ts';`,
      'service may only see the types of store',
    ],
    ['src/service/a.ts', `import type { App } from '../http/context.ts';`, 'service may not enter http'],
    ['src/service/a.ts', `import Fastify from 'fastify';`, 'service may not use fastify'],
    ['src/http/a.ts', `import type { JobStore } from '../store/port.ts';`, 'http may not enter store'],
    ['src/http/a.ts', `await import('../upstream/wire.ts');`, 'http may not enter upstream'],
    ['src/http/app.ts', `import './service/jobs.ts';`, 'app may only see the types of service'],
    ['src/config/parse.ts', `import './gateway.ts';`, 'config may not enter gateway'],
    ['src/gateway/gateway.ts', `import './simulator/index.ts';`, 'gateway may not enter simulator'],
    ['src/main.ts', `import './simulator/index.ts';`, 'main may not enter simulator'],
    ['src/simulator/a.ts', `import type { Job } from '../core/job.ts';`, 'simulator may not enter core'],
    ['src/simulator/routes/a.ts', `import '../../version.ts';`, 'simulator may not enter version'],
    ['src/cellar/a.ts', `import 'zod';`, 'cellar is not a room of this house'],
    [
      'src/http/a.ts',
      `const name = 'x'; await import(name);`,
      'imports something that cannot be read off the source',
    ],
    ['src/http/a.ts', `import './auth';`, './auth does not end in .ts'],
  ])('of %s is closed to %s', (path, source, message) => {
    expect(findIn(path, source)).toEqual([message]);
  });

  it('is not fooled by words in comments, strings and templates', () => {
    const source = [
      `// import '../store/port.ts'; Date.now()`,
      `/* import '../http/auth.ts'; process.env */`,
      `const a = "import '../store/port.ts'"; const b = \`Date.now() \${a} Math.random()\`;`,
      `export const used = { process: a, Date: b }.process;`,
    ].join('\n');
    expect(findIn('src/core/a.ts', source)).toEqual([]);
  });
});

describe('core', () => {
  it.each([
    ['Date', 'export const now = () => Date.now();'],
    ['Date', 'export const now = () => new Date();'],
    ['Date', 'const clock = Date; export const now = () => clock.now();'],
    ['Date', 'export const parts = { Date };'],
    ['performance', 'export const now = () => performance.now();'],
    ['process', 'export const key = process.env["KEY"];'],
    ['crypto', 'export const id = () => crypto.randomUUID();'],
    ['Intl', 'export const text = new Intl.DateTimeFormat().format();'],
    ['fetch', 'export const get = () => fetch("http://localhost");'],
    ['console', 'console.log("hello");'],
    ['setTimeout', 'setTimeout(() => undefined, 1);'],
    ['globalThis', 'export const now = () => globalThis["Date"].now();'],
    ['eval', 'export const now = () => eval("Date.now()");'],
    ['Math.random', 'export const roll = () => Math.random();'],
    ['Math.random', 'export const roll = () => Math["random"]();'],
    ['Math.random', 'const { random } = Math; export const roll = random;'],
    ['Math.random', 'export const roll = pick(Math); function pick(m: object) { return m; }'],
  ])('may not use %s: %s', (name, source) => {
    expect(findIn('src/core/a.ts', source)).toEqual([`core may not use ${name}`]);
  });

  it('may not await', () => {
    expect(findIn('src/core/a.ts', 'export async function f(x: object) { await x; }')).toEqual([
      'core may not await',
    ]);
  });

  it('may compute, and name its own things as it likes', () => {
    const source = [
      'interface Clip { readonly fetch: number; readonly process: string }',
      'export const size = (clip: Clip) => Math.max(clip.fetch, JSON.stringify([clip.process]).length);',
      'export const later = (performance: number) => performance + 1;',
    ].join('\n');
    expect(findIn('src/core/a.ts', source)).toEqual([]);
  });
});

describe('every file', () => {
  it.each([
    ['exports a default', 'export default 1;'],
    ['exports a default', 'export default function f() {}'],
    ['exports a default', 'const a = 1; export { a as default };'],
    ['declares an enum', 'export enum Colour { Red }'],
    ['hands on what another file exports: import it where it is used', `export * from './jobs.ts';`],
    ['hands on what another file exports: import it where it is used', `export { a } from './jobs.ts';`],
    ['is a class but not an error', 'export class Jobs {}'],
    ['silences null with `!`', 'export const f = (a: string | null) => a!.length;'],
    ['uses `any`', 'export const f = (a: any) => a;'],
    ['only main touches process', 'export const f = () => process.env;'],
  ])('is refused where it %s: %s', (message, source) => {
    expect(findIn('src/service/a.ts', source)).toEqual([message]);
  });

  it('may have a class for an error', () => {
    expect(findIn('src/service/a.ts', 'export class DiskError extends Error {}')).toEqual([]);
  });

  it('begins with a comment, has a kebab-case name and no more than 300 lines', () => {
    expect(findViolations({ 'src/http/a.ts': 'export const a = 1;\n' })).toHaveLength(1);
    expect(findIn('src/http/fooBar.ts', '')).toEqual(['is not named in kebab-case']);
    expect(findIn('src/http/a.ts', '\n'.repeat(300))).toEqual(['has 302 lines, more than 300']);
  });
});
