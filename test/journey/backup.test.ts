// Backup, restore, check and migrate as an operator types them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../support/program.ts';
import { buy, createFolder, envOf, openUpstream, PATIENT, runGateway } from './gateway-process.ts';

it('backs up a gateway that runs, restores it, and starts it with submissions held', PATIENT, async () => {
  const upstream = await openUpstream({ timeScale: 0 });
  const folder = createFolder();
  const env = envOf(folder, upstream.apiUrl);
  const command = async (...args: string[]) => {
    const program = runProgram('src/main.ts', env, args);
    return { exit: await program.exit(), output: program.output() };
  };
  const backup = join(folder, 'clipgate.backup');

  expect(await command('migrate')).toEqual({ exit: 0, output: 'The database schema is up to date.\n' });
  const first = await runGateway(env);
  expect((await buy(first.url, 'before')).status).toBe(202);
  expect(await command('backup', backup)).toMatchObject({
    exit: 0,
    output: expect.stringContaining('checked the copy'),
  });
  expect((await buy(first.url, 'after')).status).toBe(202);
  expect(await command('restore', backup)).toMatchObject({
    exit: 1,
    output: expect.stringContaining('is in use'),
  });
  first.signal('SIGKILL');
  await first.exit();

  expect(await command('check', backup)).toEqual({ exit: 0, output: `${backup} is intact.\n` });
  const restored = await command('restore', backup);
  expect(restored.exit).toBe(0);
  expect(restored.output).toContain('POST /operations/resume');
  const second = await runGateway(env);
  expect((await buy(second.url, 'before')).headers.get('idempotent-replayed')).toBe('true');
  const held = await buy(second.url, 'after');
  expect(held.status).toBe(503);
  expect(await held.json()).toMatchObject({ code: 'submissions_paused' });
  expect(upstream.submits()).toBe(2);
});

it('says what is wrong with a command in a sentence', PATIENT, async () => {
  const folder = createFolder();
  const env = envOf(folder, 'http://127.0.0.1:9');
  const fails = async (args: string[], words: string, more: Record<string, string> = {}) => {
    const program = runProgram('src/main.ts', { ...env, ...more }, args);
    expect(await program.exit()).toBe(1);
    expect(program.output()).toContain(words);
    expect(program.output()).not.toContain('    at ');
  };
  const junk = join(folder, 'junk');
  writeFileSync(junk, 'junk');
  await Promise.all([
    fails(['backup', 'x', 'y'], 'usage:'),
    fails(['explode'], 'Unknown command: explode'),
    fails(['backup'], 'name the file to write'),
  ]);
  await Promise.all([
    fails(['check', junk], 'is damaged'),
    fails(['backup', join(folder, 'b')], 'There is no database file'),
    fails(['backup', 'b'], 'pg_dump', { DATABASE_URL: 'postgres://127.0.0.1/x' }),
  ]);
});

it('explains its commands, and refuses a wrong one, before it reads any configuration', PATIENT, async () => {
  const run = async (...args: string[]) => {
    const program = runProgram('src/main.ts', { PORT: 'not a port' }, args);
    return { exit: await program.exit(), output: program.output() };
  };
  const [help, ofCommand, version, wrong] = await Promise.all([
    run('--help'),
    run('backup', '--help'),
    run('--version'),
    run('explode'),
  ]);
  expect(help).toMatchObject({ exit: 0, output: expect.stringContaining('backup <file>') });
  expect(ofCommand).toEqual(help);
  expect(version).toMatchObject({ exit: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) });
  expect(wrong).toMatchObject({
    exit: 1,
    output: expect.stringContaining('Unknown command: explode\nusage:'),
  });
});

it('needs no client keys for a command, and says that the gateway does', PATIENT, async () => {
  const folder = createFolder();
  const { CLIENT_AUTH: _, ...env } = envOf(folder, 'http://127.0.0.1:9');
  const run = async (...args: string[]) => {
    const program = runProgram('src/main.ts', env, args);
    return { exit: await program.exit(), output: program.output() };
  };
  expect(await run('migrate')).toMatchObject({ exit: 0 });
  expect(await run('check')).toMatchObject({ exit: 0 });
  expect(await run()).toMatchObject({ exit: 1, output: expect.stringContaining('CLIENT_KEYS is required') });
});
