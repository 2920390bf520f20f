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

  expect(await command('migrate')).toEqual({ exit: 0, output: 'The schema is up to date.\n' });
  const first = await runGateway(env);
  expect((await buy(first.url, 'before')).status).toBe(202);
  expect(await command('backup', backup)).toMatchObject({
    exit: 0,
    output: expect.stringContaining('the copy was checked'),
  });
  expect((await buy(first.url, 'after')).status).toBe(202);
  expect(await command('restore', backup)).toMatchObject({
    exit: 1,
    output: expect.stringContaining('is in use'),
  });
  first.signal('SIGKILL');
  await first.exit();

  expect(await command('check', backup)).toEqual({ exit: 0, output: `${backup} is whole.\n` });
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
