// The console's pages, over HTTP: one document for every address, files for ever, and no policy that a script could use.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { consolePages } from '../../../src/http/console/pages.ts';
import type { App } from '../../../src/http/server/context.ts';
import { handleError } from '../../../src/http/server/problem.ts';

const PAGE = '<!doctype html><title>Clipgate</title>';
let folder: string;
let app: App;
let url: string;

async function serve(built: boolean): Promise<void> {
  if (built) {
    mkdirSync(join(folder, 'assets'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), PAGE);
    writeFileSync(join(folder, 'assets', 'main-AB12.js'), 'export {};');
    writeFileSync(join(folder, 'assets', 'main-AB12.js.gz'), 'gzipped');
    writeFileSync(join(folder, 'secret.txt'), 'not an asset');
  }
  app = Fastify() as unknown as App;
  app.setErrorHandler(handleError);
  await app.register(consolePages(folder));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgate-console-'));
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

it('answers every address with the page, which no cache keeps', async () => {
  await serve(true);
  for (const path of [
    '/console',
    '/console/',
    '/console/jobs/job_1?x=1',
    '/console/explore',
    '/console/secret.txt',
  ]) {
    const answer = await fetch(`${url}${path}`, { redirect: 'error' });
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, PAGE]);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }
});

it('allows nothing but its own files, in no frame of another', async () => {
  await serve(true);
  const { headers } = await fetch(`${url}/console`);
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; ");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

it('serves assets for ever, compressed where the browser takes it', async () => {
  await serve(true);
  const asset = await fetch(`${url}/console/assets/main-AB12.js`, {
    headers: { 'accept-encoding': 'identity' },
  });
  expect([asset.status, await asset.text()]).toEqual([200, 'export {};']);
  expect(asset.headers.get('content-type')).toMatch(/^text\/javascript|^application\/javascript/);
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const small = await app.inject({
    url: '/console/assets/main-AB12.js',
    headers: { 'accept-encoding': 'gzip' },
  });
  expect([small.headers['content-encoding'], small.body]).toEqual(['gzip', 'gzipped']);
});

it.each([
  '/console/assets/none.js',
  '/console/assets/..%2Fsecret.txt',
  '/console/assets/..%2f..%2fetc%2fpasswd',
  '/console/assets/%00',
])('has nothing at %s', async (path) => {
  await serve(true);
  const answer = await fetch(`${url}${path}`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).not.toContain('not an asset');
});

it('says how to build it where it is not built', async () => {
  await serve(false);
  for (const path of ['/console', '/console/jobs']) {
    const answer = await fetch(`${url}${path}`);
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'not_found' }]);
    expect(String(((await (await fetch(`${url}${path}`)).json()) as { detail: string }).detail)).toContain(
      'npm run',
    );
  }
});
