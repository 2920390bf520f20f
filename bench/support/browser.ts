// Visits pages of the console in a headless Chromium, and says what each asked of the gateway and when it was first painted.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PATIENCE_MS = 15_000;
/** What a page asks for, it asks for at once or when the first answer is there. */
const QUIET_MS = 400;
const POLL_MS = 25;

export interface PageRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
}

export interface Visit {
  readonly firstPaintMs: number;
  /** Of the API: without the page's own files and without event streams. */
  readonly requests: readonly PageRequest[];
  /** Addresses of what the page links to. */
  readonly links: readonly string[];
}

export interface ConsoleBrowser {
  /** Opens an address with nothing cached. @throws Error where the page does not settle. */
  visit(url: string): Promise<Visit>;
  close(): Promise<void>;
}

/** The part of playwright-core that is used; it is a program of test/clients and may be missing. */
interface Playwright {
  readonly chromium: { launch(options: object): Promise<Browser> };
}
interface Browser {
  newContext(options: object): Promise<Context>;
  close(): Promise<void>;
}
interface Context {
  addCookies(cookies: readonly object[]): Promise<void>;
  newPage(): Promise<Page>;
  on(event: 'request', listener: (request: PlaywrightRequest) => void): void;
  close(): Promise<void>;
}
interface PlaywrightRequest {
  url(): string;
  method(): string;
  resourceType(): string;
  postData(): string | null;
}
interface Page {
  goto(url: string): Promise<unknown>;
  waitForTimeout(milliseconds: number): Promise<void>;
  evaluate<T>(script: string): Promise<T>;
}

const FIRST_PAINT = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime`;
/** Drawn, and nothing of it is a placeholder. */
const IS_SETTLED = `document.querySelector('#main h1') !== null
  && document.querySelector('.skeleton, .dimmed:not([role=status]), [aria-busy=true]') === null
  && ${FIRST_PAINT} !== undefined`;
const LINKS = `[...document.querySelectorAll('a[href^="/console"]')].map((link) => link.href)`;

/** @param cookie of a session, `name=value`. @returns null where Chromium or playwright-core is not installed. */
export async function openBrowser(gatewayUrl: string, cookie: string): Promise<ConsoleBrowser | null> {
  const executablePath = CHROMIUM.find(existsSync);
  if (executablePath === undefined) return null;
  const requireClient = createRequire(new URL('../../test/clients/package.json', import.meta.url));
  let playwright: Playwright;
  try {
    playwright = requireClient('playwright-core') as Playwright;
  } catch {
    return null;
  }
  const browser = await playwright.chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  const [name = '', value = ''] = cookie.split('=');
  return {
    async visit(url) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      try {
        await context.addCookies([{ name, value, url: gatewayUrl }]);
        const requests: PageRequest[] = [];
        context.on('request', (request) => {
          if (request.resourceType() === 'fetch')
            requests.push({ method: request.method(), url: request.url(), body: request.postData() });
        });
        const page = await context.newPage();
        await page.goto(url);
        // Not waitForFunction, which the policy of the page forbids: it evaluates text.
        const until = Date.now() + PATIENCE_MS;
        while (!(await page.evaluate<boolean>(IS_SETTLED))) {
          if (Date.now() > until) throw new Error(`${url} is not drawn after ${PATIENCE_MS} ms`);
          await page.waitForTimeout(POLL_MS);
        }
        await page.waitForTimeout(QUIET_MS);
        return {
          firstPaintMs: await page.evaluate<number>(FIRST_PAINT),
          requests,
          links: await page.evaluate<string[]>(LINKS),
        };
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}
