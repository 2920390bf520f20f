// A start that the system refuses: one sentence with the variable to change, exit code 1 and no stack.

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../support/program.ts';
import { createFolder, envOf, PATIENT } from './gateway-process.ts';

/** What an operator reads, of a start with these variables. */
async function refusalOf(change: (folder: string) => Readonly<Record<string, string>>): Promise<string> {
  const folder = createFolder();
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'file'), 'This is no database.');
  const env = { ...envOf(folder, 'http://127.0.0.1:1'), LOG_LEVEL: 'silent', ...change(folder) };
  const gateway = runProgram('src/main.ts', env);
  expect(await gateway.exit()).toBe(1);
  expect(gateway.output()).not.toMatch(/^ +at /m);
  return gateway.output().replaceAll(folder, '.');
}

it.each([
  ['a folder', 'sqlite:./folder', /^DATABASE_URL: .*folder cannot be opened \(EISDIR.*\)\n$/],
  ['a path through a file', 'sqlite:./file/clipgate.db', /^DATABASE_URL: .* cannot be opened \(E.*\)\n$/],
  ['no database', 'sqlite:./file', /^DATABASE_URL: .*file cannot be opened \(file is not a database\)\n$/],
  ['no server', 'postgres://u:secret@127.0.0.1:1/clipgate', /^DATABASE_URL: .*\(connect ECONNREFUSED.*\)\n$/],
])('names DATABASE_URL where it leads to %s', PATIENT, async (_what, url, words) => {
  const refusal = await refusalOf((folder) => ({ DATABASE_URL: url.replace('./', `${folder}/`) }));
  expect(refusal).toMatch(words);
  expect(refusal).not.toContain('secret');
});

it('names ARCHIVE_DIR where it is a file', PATIENT, async () => {
  const refusal = await refusalOf((folder) => ({ ARCHIVE_DIR: join(folder, 'file') }));
  expect(refusal).toMatch(/^ARCHIVE_DIR: .*file cannot be used \(EEXIST.*\)\n$/);
});

it('names PORT where another listens there', PATIENT, async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const refusal = await refusalOf(() => ({ PORT: String(port) }));
  expect(refusal).toMatch(
    new RegExp(`^Clipgate cannot start:\\n  PORT: ${port} is in use on 127.0.0.1: .*\\n$`),
  );
});

it('names HOST where it is not of this machine', PATIENT, async () => {
  const refusal = await refusalOf(() => ({ HOST: '203.0.113.9' }));
  expect(refusal).toMatch(
    /^Clipgate cannot start:\n {2}HOST: 203.0.113.9 is not an address of this machine\n$/,
  );
});
