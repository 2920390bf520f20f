// The console in a real browser, in front of a real gateway: what people do there, and what no page may do.
// CONSOLE_PICTURES=1 also takes the pictures of docs/guides/console.md.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { components } from '../../openapi/clipgate.d.ts';
import { bundleConsole } from '../../scripts/console-bundle.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

type Schemas = components['schemas'];

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
if (!CHROMIUM) process.stderr.write('test/clients/console.test.ts is skipped: no Chromium is installed\n');

const PICTURES = process.env['CONSOLE_PICTURES'] === '1';
const PICTURE_FOLDER = fileURLToPath(new URL('../../docs/images/console/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CLIP = { model: 'google/veo-3.1-lite', prompt: 'A paper boat', duration: 4, resolution: '720p' };

const until = <T>(read: () => Promise<T> | T) => expect.poll(read, { timeout: 10_000 });

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(!CHROMIUM)('the console in a browser', () => {
  let folder: string;
  let gateway: TestGateway;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** Everything that must not happen on any page. */
  const faults: string[] = [];

  async function open(colorScheme: 'light' | 'dark', width = 1280): Promise<Page> {
    context = await browser.newContext({
      colorScheme,
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
    });
    await context.exposeBinding('reportViolation', (_source, text: string) => void faults.push(text));
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        const report = (globalThis as unknown as { reportViolation: (text: string) => void }).reportViolation;
        report(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.origin !== gateway.url) faults.push(`asked ${url.origin}`);
    });
    context.on('weberror', (error) => void faults.push(String(error.error())));
    context.on('console', (message) => {
      // Chromium calls every refusal of the API an error.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
        faults.push(message.text());
    });
    context.setDefaultTimeout(5_000);
    return context.newPage();
  }

  const goTo = async (path: string) => {
    await page.goto(`${gateway.url}${path}`);
  };
  const button = (name: string | RegExp) => page.getByRole('button', { name }).first();
  const dialog = () => page.getByRole('dialog');
  /** Waits until what is shown is the answer to what the address asks. */
  const settled = () => until(() => page.locator('.skeleton, .dimmed:not([role=status])').count()).toBe(0);

  async function signIn(key: string): Promise<void> {
    await goTo('/console');
    await page.getByLabel('Key', { exact: true }).fill(key);
    await button('Sign in').click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  }

  async function inDialog(answers: Readonly<Record<string, string>>, word: string | RegExp): Promise<void> {
    for (const [label, value] of Object.entries(answers)) {
      const field = dialog().getByLabel(label);
      if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
      else await field.fill(value);
    }
    await dialog().getByRole('button', { name: word }).click();
  }

  async function order(body: object = CLIP): Promise<string> {
    const answer = await gateway.post('/jobs', body);
    return ((await answer.json()) as { id: string }).id;
  }

  const operator = { headers: { authorization: `Bearer ${OPERATOR_KEY}` } };
  const readJob = async (id: string) =>
    (await (await gateway.request(`/jobs/${id}`, operator)).json()) as Schemas['Job'];

  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    folder = mkdtempSync(join(tmpdir(), 'clipgate-console-'));
    await bundleConsole(folder);
    gateway = await startTestGateway({
      consoleFolder: folder,
      env: {
        SECRETS_KEY: 'the-key-that-seals-what-is-stored',
        CALLBACK_SECRETS: `studio:whsec_${Buffer.from('a secret of the console test'.padEnd(32, '.')).toString('base64')}`,
        CALLBACK_ALLOW: '127.0.0.0/8',
      },
    });
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      args: ['--no-sandbox', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required'],
    });
    page = await open('light');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
    await receiver?.close();
    rmSync(folder, { recursive: true });
  });

  it('refuses a key that is unknown, and signs in with one that is known', async () => {
    await goTo('/console/jobs');
    await page.getByLabel('Key', { exact: true }).fill('ck-of-a-stranger');
    await button('Sign in').click();
    await page.getByRole('alert').getByText('unauthorized').waitFor();
    await signIn(OPERATOR_KEY);
    expect(await page.locator('.who').innerText()).toContain('alice');
  });

  let bought = '';
  it('explores, applies a nearest change, buys by a quote and plays the clip', async () => {
    await goTo('/console/explore?prompt=A+paper+boat&duration=5&resolution=720p');
    const changes = page.getByRole('region', { name: 'Changes that let more models make the clip' });
    const before = page.url();
    const first = page.locator('tbody tr').first();
    const choice = await first.innerText();
    await changes.getByRole('button').first().click();
    await until(() => page.url()).not.toBe(before);
    await until(() => first.innerText()).not.toBe(choice);
    await settled();
    await button(/^Buy/).click();
    await dialog()
      .getByRole('button', { name: /^Buy for at most \$/ })
      .click();
    await page.waitForURL(/\/console\/jobs\/job_/);
    bought = page.url().split('/').at(-1) ?? '';
    await page.locator('.job-state', { hasText: 'completed' }).waitFor();
    // Until the clip is stored it is played from OpenRouter, which cannot seek.
    const stored = async () => (await readJob(bought)).outputs[0]?.bytes ?? null;
    await until(stored).not.toBeNull();
    await page.reload();
    const video = page.locator('.clip video');
    await expect
      .poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState))
      .toBeGreaterThan(0);
    const seeked = await video.evaluate(
      (element: HTMLVideoElement) =>
        new Promise<number>((resolve) => {
          element.addEventListener('seeked', () => resolve(element.currentTime), { once: true });
          element.currentTime = element.duration / 2;
        }),
    );
    expect(seeked).toBeGreaterThan(1);
    expect(await page.locator('.ranking tr.chosen').innerText()).toContain('bought');
    expect(await page.locator('.working tbody tr').count()).toBeGreaterThan(0);
    expect(gateway.simulator.ledger()).toHaveLength(1);
  });

  it('shows jobs as they change, and new ones when they are asked for', async () => {
    await goTo('/console/jobs');
    await page.getByText('live', { exact: true }).waitFor();
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    const count = await rows.count();
    await order();
    await button(/^1 new$/).click();
    await until(() => rows.count()).toBe(count + 1);
    await until(() => rows.first().innerText()).toContain('completed');
    await goTo('/console/jobs?client=studio');
    await until(() => rows.count()).toBe(1);
    const search = page.getByLabel('Reference, tag, OpenRouter’s id or words of the prompt');
    await search.fill('boat no-such-word');
    await search.press('Enter');
    await page.getByText('No job is like that.').waitFor();
    await search.fill('PAPER boat');
    await search.press('Enter');
    await until(() => rows.count()).toBe(1);
  });

  it('makes a budget that is reached, says so with its numbers, and raises it', async () => {
    await goTo('/console/access');
    await button('New budget').click();
    await inDialog({ 'What it counts': 'all', 'Limit in dollars': '0.01' }, 'Make budget');
    await dialog().waitFor({ state: 'detached' });
    await goTo('/console/explore?prompt=A+second+boat&duration=4&resolution=720p');
    await button(/^Buy/).click();
    await dialog()
      .getByRole('button', { name: /^Buy for at most \$/ })
      .click();
    await dialog().getByText('budget_exceeded').waitFor();
    expect(gateway.simulator.ledger()).toHaveLength(2);
    await goTo('/console/access');
    await button('Change its limit').click();
    await inDialog({ 'Limit in dollars': '5' }, 'Change limit');
    await dialog().getByText('$5.00 may be spent').waitFor();
    await dialog().getByRole('button', { name: 'Yes, change limit' }).click();
    await dialog().waitFor({ state: 'detached' });
    await until(() => page.locator('.budgets').innerText()).toContain('$5.00');
  });

  it('makes a key that is shown once, and revokes it', async () => {
    await goTo('/console/access');
    await button('New key').click();
    await inDialog({ Client: 'film' }, 'Make key');
    const key = await dialog().locator('pre').innerText();
    const asked = () => gateway.request('/account', { headers: { authorization: `Bearer ${key}` } });
    expect((await asked()).status).toBe(200);
    await button('I have kept it').click();
    expect(await page.content()).not.toContain(key);
    const row = page.locator('tbody tr', { hasText: 'film' }).first();
    await row.getByRole('button', { name: 'Revoke' }).click();
    await inDialog({}, 'Revoke');
    await dialog().getByRole('button', { name: 'Yes, revoke' }).click();
    await row.getByText('revoked').waitFor();
    expect((await asked()).status).toBe(401);
  });

  it('resolves a job whose outcome is unknown, with a reason and a second question', async () => {
    gateway.simulator.addFault({ fault: 'reset', on: 'submit', when: 'after', count: 1 });
    const id = await order();
    await goTo('/console');
    const wanted = page.getByRole('region', { name: 'Needs a person' });
    await wanted.getByText('submission_unknown', { exact: true }).waitFor();
    await wanted.getByRole('link', { name: id }).click();
    await page.locator('.job-state', { hasText: 'outcome unknown' }).waitFor();
    await button('Resolve').click();
    await inDialog(
      { 'What became of it': 'not_accepted', 'Reason, for the audit log': 'Not on the invoice.' },
      'Resolve',
    );
    await dialog().getByText('Its Idempotency-Key is free again').waitFor();
    await dialog().getByRole('button', { name: 'Yes, resolve' }).click();
    await page.locator('.job-state', { hasText: 'not accepted' }).waitFor();
    await page.getByText('Not on the invoice.').waitFor();
    await goTo('/console/audit');
    await page.getByText('Not on the invoice.').waitFor();
  });

  it('says what was spent, and erases a clip', async () => {
    await goTo('/console/money?by=model');
    await page.locator('tfoot').waitFor();
    await goTo(`/console/jobs/${bought}`);
    await button('Erase').click();
    await inDialog({}, 'Erase');
    await dialog().getByRole('button', { name: 'Yes, erase' }).click();
    await page.getByText(/^Erased/).waitFor();
    expect(await page.locator('video').count()).toBe(0);
  });

  it('offers an auditor nothing that changes anything, and a client neither keys nor the jobs of others', async () => {
    await context.close();
    page = await open('light');
    await signIn(AUDITOR_KEY);
    await goTo('/console/access');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    expect(await page.getByRole('button', { name: /New|Rotate|Revoke|Change/ }).count()).toBe(0);
    await context.close();
    page = await open('light');
    await signIn(CLIENT_KEY);
    expect(await page.getByRole('link', { name: 'Access' }).count()).toBe(0);
    await goTo(`/console/jobs/${bought}`);
    await page.getByText('not_found').waitFor();
  });

  const PAGES = {
    overview: '',
    explore: '/explore?prompt=A+paper+boat&duration=5&resolution=720p&max_cost_usd=0.75',
    jobs: '/jobs',
    job: '/jobs/{job}',
    money: '/money?by=model',
    models: '/models',
    model: '/models/google/veo-3.1-lite',
    access: '/access',
    audit: '/audit',
  };
  async function expectNoBarrier(name: string): Promise<void> {
    await page.evaluate(AXE);
    const findings = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
      return (await axe.run()).violations;
    });
    const serious = findings.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id: rule, nodes }) => `${name}: ${rule} ${nodes[0]?.html ?? ''}`)).toEqual([]);
  }
  async function takePicture(name: string): Promise<void> {
    if (!PICTURES) return;
    // Long tables are cut: a picture says what the page is like, and is no more than 150 kB.
    const height = /^(explore|models)/.test(name) ? 660 : 900;
    await page.setViewportSize({ width: 1280, height });
    mkdirSync(PICTURE_FOLDER, { recursive: true });
    await page.screenshot({ path: join(PICTURE_FOLDER, `${name}.png`) });
  }

  it.each(['light', 'dark'] as const)(
    'has no serious barrier on any page, %s',
    { timeout: 60_000 },
    async (scheme) => {
      // Chosen by the router, told to its client, and on the way for a moment at each step.
      const { model: _, ...clip } = CLIP;
      const id = await order({
        ...clip,
        prompt: 'A paper boat sails down a rainy street at dusk',
        tags: ['campaign-7'],
        reference: 'order-4711',
        callback_url: `${receiver.url}/clips`,
      });
      await until(async () => (await readJob(id)).callback?.status).toBe('delivered');
      await context.close();
      page = await open(scheme);
      await goTo('/console');
      await page.getByLabel('Key', { exact: true }).waitFor();
      await expectNoBarrier('sign-in');
      await takePicture(`sign-in-${scheme}`);
      await signIn(OPERATOR_KEY);
      for (const [name, path] of Object.entries(PAGES)) {
        await goTo(`/console${path.replace('{job}', id)}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await settled();
        await expectNoBarrier(name);
        await takePicture(`${name}-${scheme}`);
      }
    },
  );

  it('reads on a phone without scrolling sideways', async () => {
    await context.close();
    page = await open('light', 390);
    await signIn(OPERATOR_KEY);
    const [job] = ((await (await gateway.request('/jobs?limit=1')).json()) as Schemas['JobList']).data;
    for (const path of Object.values(PAGES)) {
      await goTo(`/console${path.replace('{job}', job?.id ?? '')}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await settled();
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll('main *')]
          .filter((element) => element.closest('.table-frame, .code-block, .visually-hidden') === null)
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .map(({ outerHTML }) => outerHTML.slice(0, 120)),
      );
      expect(wide).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    }
  });

  it('ends the session with its sign-out', async () => {
    await button('Sign out').click();
    await page.getByLabel('Key', { exact: true }).waitFor();
  });

  it('broke its policy nowhere, asked no other host, and logged no error', () => {
    expect(faults).toEqual([]);
  });
});
