// What a browser loads for the console: small, from this gateway alone, and free of what its policy forbids.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleConsole, type ConsoleFile } from '../../scripts/console-bundle.ts';

const LIMIT_BYTES = 150_000;

let folder: string;
let files: readonly ConsoleFile[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clipgate-console-'));
  files = await bundleConsole(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(join(folder, 'assets', name), 'utf8');

it('is 150 kB at most, gzipped and with everything', () => {
  expect(files.map(({ name }) => name.replace(/-\w+\./, '.')).sort()).toEqual([
    'icon.svg',
    'main.js',
    'style.css',
  ]);
  expect(files.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0)).toBeLessThanOrEqual(LIMIT_BYTES);
});

it('is named by its page with the hashes of its content', () => {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  for (const { name } of files) {
    expect(name).toMatch(/-\w{8}\.\w+$/);
    expect(page).toContain(`"/console/assets/${name}"`);
  }
  expect(page).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/);
});

it('loads nothing from another host', () => {
  const names = (extension: string) =>
    files.map(({ name }) => name).filter((name) => name.endsWith(extension));
  for (const name of names('.css')) expect(read(name)).not.toMatch(/url\(|@import/);
  // Names of XML's own, which nothing asks for.
  const urls = names('.js').flatMap((name) => read(name).match(/https?:\/\/[\w./-]+/g) ?? []);
  expect(urls.filter((url) => !url.startsWith('http://www.w3.org/'))).toEqual([]);
});

it('makes no markup of text and no code of strings', () => {
  for (const { name } of files.filter((file) => file.name.endsWith('.js'))) {
    expect(read(name)).not.toMatch(/\binsertAdjacentHTML|document\.write|new Function\(|\beval\(/);
  }
});
