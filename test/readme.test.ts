// The README, run: every curl command answers, every answer is as printed, every table says what the code does.

import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config/parse.ts';
import { ClipgateError, type ErrorCode } from '../src/core/errors.ts';
import { JOB_STATUSES, mayMove } from '../src/core/job/job.ts';
import { toProblem } from '../src/http/server/problem.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { findDifferences, parseCurl, readBlocks } from './support/readme.ts';

const README = readFileSync('README.md', 'utf8');
const OPERATOR_KEY = 'the-key-of-an-operator';
const DEFAULT_URL = 'http://127.0.0.1:8080';
const blocks = readBlocks(README);

describe('the tour', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const operators = `ops:${hash('sha256', OPERATOR_KEY, 'hex')}`;
    gateway = await startTestGateway({
      env: { CLIENT_AUTH: 'none', CLIENT_KEYS: '', OPERATOR_KEYS: operators },
    });
  });
  afterAll(() => gateway.close());

  // In their order, for one buys the job that the next ones read.
  const variables: Record<string, string> = { OPERATOR_KEY };
  const steps = blocks.flatMap((block, index) => {
    if (block.language !== 'sh' || !block.text.startsWith('curl ')) return [];
    const next = blocks[index + 1];
    const [answer, lines] = ['json', 'text'].map((language) =>
      next?.language === language ? next.text : null,
    );
    return [{ command: block.text, answer: answer ?? null, lines: lines ?? null }];
  });

  it('has a command for every route', () => {
    const { paths } = JSON.parse(readFileSync('openapi/clipgate.json', 'utf8')) as { paths: object };
    const shown = steps.map(({ command }) => parseCurl(command, { JOB: 'id' }).url.replace(DEFAULT_URL, ''));
    const missing = Object.keys(paths).filter((path) => {
      const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/?]+')}(\\?|$)`);
      return !shown.some((url) => pattern.test(url));
    });
    expect(missing).toEqual([]);
  });

  it.each(steps)('$command', async ({ command, answer, lines }) => {
    const { url, init } = parseCurl(command, variables);
    expect(url.startsWith(DEFAULT_URL)).toBe(true);
    const ask = () => fetch(url.replace(DEFAULT_URL, gateway.url), init);
    if (lines !== null) {
      const real = await (await ask()).text();
      // Lines are printed as far as they are always the same.
      for (const line of lines.trim().split('\n')) expect(real).toContain(`\n${line}`);
      return;
    }
    if (answer === null) {
      const clip = await ask();
      expect(clip.status).toBe(200);
      expect(Buffer.from(await clip.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
      return;
    }
    const shown: unknown = JSON.parse(answer);
    let real: unknown;
    // A job may have one more step to go: whoever waits asks again.
    const differences = async () => {
      real = await (await ask()).json();
      return findDifferences(shown, real);
    };
    if (init.method === 'POST') expect(await differences()).toEqual([]);
    else await expect.poll(differences, { timeout: 10_000 }).toEqual([]);
    const { id } = real as { id?: string };
    if (id?.startsWith('job_')) variables['JOB'] ??= id;
  });
});

describe('the tables and pictures', () => {
  it('list every error code with its status', () => {
    const listed = [...README.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(
      ([, code, status]) => `${code} ${status}`,
    );
    const source = readFileSync('src/core/errors.ts', 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map((match) => match[1] as ErrorCode);
    expect(codes.length).toBeGreaterThan(25);
    const real = codes.map((code) => `${code} ${toProblem(new ClipgateError(code, ''), '').status}`);
    expect([...listed].sort()).toEqual([...real].sort());
  });

  it('draw only moves that a job can make, and every status', () => {
    const diagram = blocks.find(({ text }) => text.startsWith('stateDiagram'))?.text ?? '';
    const statuses = new Set<string>(JOB_STATUSES);
    const moves = [...diagram.matchAll(/^ +(\w+) --> (\w+)/gm)].map(
      ([, from = '', to = '']) => [from, to] as const,
    );
    const wrong = moves.filter(
      ([from, to]) => !statuses.has(from) || !mayMove(from as 'queued', to as 'submitting'),
    );
    expect(wrong).toEqual([]);
    expect(new Set(moves.flat())).toEqual(statuses);
  });

  it('have a recipe for client keys that the gateway takes', () => {
    const recipe = blocks.find(({ text }) => text.startsWith('node -e'))?.text ?? '';
    const script = /'(.*)'/s.exec(recipe)?.[1] ?? '';
    const printed = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    const value = /CLIENT_KEYS=(\S+)/.exec(printed)?.[1] ?? '';
    expect([...(parseConfig({ CLIENT_KEYS: value }).CLIENT_KEYS?.values() ?? [])]).toEqual(['studio']);
  });

  it('have a recipe for callback secrets that the gateway takes', () => {
    const recipe = blocks.find(({ text }) => text.includes('CALLBACK_SECRETS='))?.text ?? '';
    const printed = execFileSync(process.execPath, ['-e', /'(.*)'/s.exec(recipe)?.[1] ?? ''], {
      encoding: 'utf8',
    });
    const CALLBACK_SECRETS = /CALLBACK_SECRETS=(\S+)/.exec(printed)?.[1] ?? '';
    const CLIENT_KEYS = `studio:${'a'.repeat(64)}`;
    expect([...(parseConfig({ CLIENT_KEYS, CALLBACK_SECRETS }).CALLBACK_SECRETS?.keys() ?? [])]).toEqual([
      'studio',
    ]);
  });

  it('name commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...README.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(scripts).toHaveProperty(name.replaceAll('.', '\\.'));
  });
});
