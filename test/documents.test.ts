// The documentation, run: every curl command answers as printed, every snippet works, every table and link holds.

import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../src/config/parse.ts';
import { eventTypeOf, TOLD_STATUSES } from '../src/core/callbacks/delivery.ts';
import { isTerminal, JOB_STATUSES, mayMove } from '../src/core/job/job.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { findDifferences, listAnchors, listLinks, parseCurl, readBlocks } from './support/markdown.ts';

const OPERATOR_KEY = 'the-key-of-an-operator';
const DEFAULT_URL = 'http://127.0.0.1:8080';

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'bench/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .sort(),
].map((path) => ({ path, markdown: readFileSync(path, 'utf8') }));

const pageAt = (path: string): string => {
  const page = PAGES.find((one) => one.path === path);
  if (!page) throw new Error(`${path} is missing`);
  return page.markdown;
};

interface Step {
  readonly command: string;
  /** The JSON printed below the command. */
  readonly answer: string | null;
  /** The text printed below it. */
  readonly lines: string | null;
}

/** The curl commands of a page that ask a gateway at its default address, with what is printed below each. */
function readSteps(markdown: string): Step[] {
  const blocks = readBlocks(markdown);
  return blocks.flatMap((block, index) => {
    if (block.language !== 'sh' || !block.text.startsWith('curl ') || !block.text.includes(DEFAULT_URL))
      return [];
    const next = blocks[index + 1];
    const printed = (language: string) => (next?.language === language ? next.text : null);
    return [{ command: block.text, answer: printed('json'), lines: printed('text') }];
  });
}

const TOURS = PAGES.map(({ path, markdown }) => ({ path, steps: readSteps(markdown) })).filter(
  ({ steps }) => steps.length > 0,
);

it('the documentation has a command for every route', () => {
  const { paths } = JSON.parse(readFileSync('openapi/clipgate.json', 'utf8')) as { paths: object };
  const shown = TOURS.flatMap(({ steps }) => steps).map(({ command }) =>
    parseCurl(command, { JOB: 'id', BUDGET: 'id', KEY_ID: 'id' }).url.replace(DEFAULT_URL, ''),
  );
  const missing = Object.keys(paths).filter((path) => {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/?]+')}(\\?|$)`);
    return !shown.some((url) => pattern.test(url));
  });
  expect(missing).toEqual([]);
});

async function sourceOfFirst(gateway: TestGateway): Promise<string | undefined> {
  const answer = await gateway.post('/route', { prompt: 'A paper boat', duration: 4, resolution: '720p' });
  const { candidates } = (await answer.json()) as { candidates: { expected_s: { source: string } }[] };
  return candidates[0]?.expected_s.source;
}

describe.each(TOURS)('the commands of $path', ({ steps }) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const operators = `ops:${hash('sha256', OPERATOR_KEY, 'hex')}`;
    gateway = await startTestGateway({
      env: {
        CLIENT_AUTH: 'none',
        CLIENT_KEYS: '',
        OPERATOR_KEYS: operators,
        SECRETS_KEY: 'the-key-that-seals-what-is-stored',
      },
    });
    // The benchmarks load in the background; the printed scores are those with benchmarks.
    await vi.waitFor(async () => expect(await sourceOfFirst(gateway)).toBe('benchmark'), 10_000);
  });
  afterAll(() => gateway.close());

  // In order: one command buys the job that the next ones read.
  const variables: Record<string, string> = { OPERATOR_KEY };

  it.each(steps)('$command', async ({ command, answer, lines }) => {
    const { url, init } = parseCurl(command, variables);
    expect(url.startsWith(DEFAULT_URL)).toBe(true);
    const ask = () => fetch(url.replace(DEFAULT_URL, gateway.url), init);
    // What changes something and prints nothing answers with nothing.
    if (init.method === 'DELETE' || (init.method !== 'GET' && answer === null && lines === null)) {
      expect((await ask()).status).toBe(204);
      return;
    }
    if (lines !== null) {
      // Each printed line is the constant beginning of a real one. A stream may have no end.
      const missing = new Set(lines.trim().split('\n'));
      let real = '\n';
      for await (const chunk of (await ask()).body ?? []) {
        real += Buffer.from(chunk).toString();
        for (const line of missing) if (real.includes(`\n${line}`)) missing.delete(line);
        if (missing.size === 0) break;
      }
      expect([...missing]).toEqual([]);
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
    const differences = async () => {
      real = await (await ask()).json();
      return findDifferences(shown, real);
    };
    // A GET may come before the job's last step: it is repeated, as a client would.
    if (init.method !== 'GET') expect(await differences()).toEqual([]);
    else await expect.poll(differences, { timeout: 10_000 }).toEqual([]);
    const { id, data, key } = real as { id?: string; data?: { id?: string }; key?: string };
    if (id?.startsWith('job_')) variables['JOB'] ??= id;
    if (id?.startsWith('budget_')) variables['BUDGET'] ??= id;
    if (data?.id?.startsWith('key_')) variables['KEY_ID'] ??= data.id;
    if (key !== undefined) variables['KEY'] ??= key;
  });
});

describe('the diagrams, tables and snippets', () => {
  it('draw only transitions that a job can make, and every status', () => {
    const page = pageAt('docs/concepts/job-lifecycle.md');
    const diagram = readBlocks(page).find(({ text }) => text.startsWith('stateDiagram'))?.text ?? '';
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

  it('list every status, and whether it is terminal', () => {
    const rows = [
      ...pageAt('docs/concepts/job-lifecycle.md').matchAll(/^\| (`.*`) \|.*\| (yes|no) \|$/gm),
    ].flatMap(([, names = '', terminal]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${name} ${terminal}`),
    );
    const real = JOB_STATUSES.map((status) => `${status} ${isTerminal(status) ? 'yes' : 'no'}`);
    expect(rows.sort()).toEqual([...real].sort());
  });

  it('list every event type', () => {
    const rows = [...pageAt('docs/reference/events.md').matchAll(/^\| (`job\..*`) \|/gm)];
    const types = rows.flatMap(([, names = '']) =>
      [...names.matchAll(/`(job\.\w+)`/g)].map(([, name]) => name),
    );
    expect(types.filter((type) => type !== 'job').sort()).toEqual(TOLD_STATUSES.map(eventTypeOf).sort());
  });

  const recipe = (marker: string): string => {
    const block = readBlocks(pageAt('docs/operations/deploy.md')).find(
      ({ text }) => text.startsWith('node -e') && text.includes(marker),
    );
    return execFileSync(process.execPath, ['-e', /'(.*)'/s.exec(block?.text ?? '')?.[1] ?? ''], {
      encoding: 'utf8',
    });
  };

  it('have a recipe for client keys that the gateway accepts', () => {
    const value = /CLIENT_KEYS=(\S+)/.exec(recipe('CLIENT_KEYS='))?.[1] ?? '';
    expect([...(parseConfig({ CLIENT_KEYS: value }).CLIENT_KEYS?.values() ?? [])]).toEqual(['studio']);
  });

  it('have a recipe for callback secrets that the gateway accepts', () => {
    const CALLBACK_SECRETS = /CALLBACK_SECRETS=(\S+)/.exec(recipe('CALLBACK_SECRETS='))?.[1] ?? '';
    const CLIENT_KEYS = `studio:${'a'.repeat(64)}`;
    expect([...(parseConfig({ CLIENT_KEYS, CALLBACK_SECRETS }).CALLBACK_SECRETS?.keys() ?? [])]).toEqual([
      'studio',
    ]);
  });

  it('name scripts and files that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const text = PAGES.map(({ markdown }) => markdown).join('\n');
    const named = new Set([...text.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? ''));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((name) => !(name in scripts))).toEqual([]);
    const files = new Set([...text.matchAll(/npx tsx ([\w/.-]+)/g)].map((match) => match[1] ?? ''));
    expect(files.size).toBeGreaterThan(5);
    expect([...files].filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('the snippet of the callbacks guide', () => {
  const source =
    readBlocks(pageAt('docs/guides/callbacks.md')).find(({ language }) => language === 'ts')?.text ?? '';
  const file = join(process.cwd(), 'test', 'callback-snippet.ts');

  it('passes tsc --strict', () => {
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ['node'],
    };
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists } = host;
    host.readFile = (name) => (name === file ? source : readFile(name));
    host.fileExists = (name) => name === file || fileExists(name);
    const { getSourceFile } = host;
    host.getSourceFile = (name, ...rest) =>
      name === file
        ? ts.createSourceFile(name, source, { languageVersion: ts.ScriptTarget.ES2023 })
        : getSourceFile(name, ...rest);
    const program = ts.createProgram([file], options, host);
    const messages = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
    expect(messages).toEqual([]);
  }, 60_000);

  it('accepts a signed event and rejects a forged one', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', DRIVER], {
      encoding: 'utf8',
      env: { ...process.env, CLIPGATE_SECRET: secret, SNIPPET: transpile(source) },
    });
    expect(out.trim().split('\n')).toEqual(['job.completed job_1', '204 401']);
  });
});

const transpile = (source: string): string =>
  ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  }).outputText;

/** Runs the snippet in a process of its own and sends it a signed event, and the same with another body. */
const DRIVER = `
import { writeFileSync, rmSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
const file = new URL('file://' + process.cwd() + '/node_modules/.callback-snippet-' + process.pid + '.mjs');
writeFileSync(file, process.env.SNIPPET);
try {
  const { server } = await import(file);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = 'http://127.0.0.1:' + server.address().port;
  const body = JSON.stringify({ type: 'job.completed', data: { id: 'job_1', status: 'completed' } });
  const now = new Date();
  const headers = {
    'webhook-id': 'job_1_completed',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(process.env.CLIPGATE_SECRET).sign('job_1_completed', now, body),
  };
  const good = await fetch(url, { method: 'POST', headers, body });
  const bad = await fetch(url, { method: 'POST', headers, body: body + ' ' });
  console.log(good.status, bad.status);
  server.closeAllConnections();
  server.close();
} finally {
  rmSync(file);
}
`;

describe('the links', () => {
  const targets = PAGES.flatMap(({ path, markdown }) =>
    listLinks(markdown)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => {
        const [file = '', anchor] = link.split('#');
        return { path, link, file: file === '' ? path : normalize(join(dirname(path), file)), anchor };
      }),
  );

  it('lead to files and headings that exist', () => {
    expect(targets.length).toBeGreaterThan(40);
    const broken = targets.filter(
      ({ file, anchor }) =>
        !existsSync(file) ||
        (anchor !== undefined && !listAnchors(readFileSync(file, 'utf8')).includes(anchor)),
    );
    expect(broken).toEqual([]);
  });

  it('lead from the README to every page', () => {
    const reached = new Set(['README.md']);
    // A set that grows while it is read is read to its end.
    for (const page of reached) for (const { path, file } of targets) if (path === page) reached.add(file);
    expect(PAGES.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('in code and configuration name pages that exist', () => {
    const named = ['src', 'deploy', 'scripts', 'bench', 'demo'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .flatMap(({ parentPath, name }) =>
          [...readFileSync(join(parentPath, name), 'utf8').matchAll(/\bdocs\/[a-z/-]+\.(md|svg)/g)].map(
            ([page]) => page,
          ),
        ),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((page) => !existsSync(page))).toEqual([]);
  });

  it('the README stays short', () => {
    const lines = pageAt('README.md').split('\n').length - 1;
    expect(lines).toBeGreaterThanOrEqual(150);
    expect(lines).toBeLessThanOrEqual(200);
  });
});
