// The first thing a newcomer runs: it must tell its story, leave the clip, and stop when asked to.

import { readFileSync, rmSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../support/program.ts';
import { PATIENT } from './gateway-process.ts';

it('takes one clip from wish to file', PATIENT, async () => {
  const demo = runProgram('demo/main.ts');
  expect(await demo.exit()).toBe(0);
  const output = demo.output();
  expect(output).toContain('30 video models');
  expect(output).toMatch(/1 {2}\S+\/\S+ +0\.\d{3} /);
  expect(output).toMatch(/estimated \$0\.\d{4}, billed \$0\.\d{4}/);
  expect(output).toContain("paid jobs in the simulator's ledger: 1");
  expect(output).toMatch(/5 s, 720 x 1280 pixels/);
  // The third clip does not fit: the refusal says every number, and the ledger knows of two.
  expect(output).toMatch(/clip 2: bought, may cost \$0\.1200, which is held; \$0\.0600 left\n/);
  expect(output).toMatch(/clip 3: refused/);
  for (const number of ['"limit_usd": 0.3', '"held_usd": 0.24', '"spent_usd": 0', '"needed_usd": 0.12']) {
    expect(output).toContain(number);
  }
  expect(output).toContain(`paid jobs of "interns" in the simulator's ledger: 2`);
  for (const [client, path] of [
    ['@openrouter/sdk with serverURL', '/api/v1'],
    ['openai with baseURL', '/v1'],
  ]) {
    expect(output).toMatch(
      new RegExp(
        `${client} http://127\\.0\\.0\\.1:\\d+${path}\\n +ordered job_\\w+, followed it, downloaded \\d+ kB`,
      ),
    );
  }
  expect(output).toContain("clips ordered: 2, paid jobs in the simulator's ledger: 2");
  // Escape codes are for people who watch.
  expect(output).not.toContain('\u001b');
  // What README shows of it is what it prints, but for ids, ports and how much is left out.
  const shown = /```text\n(.*?)```/s.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  const lines = shown
    .split('\n')
    .filter((line) => line !== '' && !/job_|127\.0\.0\.1|and \d+ more/.test(line));
  expect(lines.length).toBeGreaterThan(15);
  for (const line of lines) expect(output).toContain(line);
  const file = /(demo-output\/\S+\.mp4)/.exec(output)?.[1] ?? '';
  onTestFinished(() => rmSync(file));
  expect(readFileSync(file).toString('latin1', 4, 8)).toBe('ftyp');
});

it('stops at Ctrl-C without a stack trace', PATIENT, async () => {
  const demo = runProgram('demo/main.ts');
  await demo.waitFor(/bought once/);
  demo.signal('SIGINT');
  expect(await demo.exit()).toBe(130);
  expect(demo.output()).toMatch(/Stopped\.\n$/);
  expect(demo.output()).not.toMatch(/^\s+at /m);
});
