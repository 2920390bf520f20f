// Sends webhooks when a job ends, signed as OpenRouter signs; late, twice, out of order or never on demand.
import { createHmac } from 'node:crypto';
import type { SimClock } from './clock.ts';
import type { FaultBook } from './faults/book.ts';
import type { WebhookFault } from './faults/catalogue.ts';
import type { Job } from './job.ts';
import { renderEvent } from './job-views.ts';
import type { Settings } from './settings.ts';

/** Live webhooks exist for these ends only: a job that goes `dead` says nothing. */
const announcedStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'expired']);

const deliveryTimeoutMs = 10_000;
/** Twice the five minutes a receiver may allow. */
const staleSeconds = 600;

export type Webhooks = {
  /** Plans the webhook of a job that was just accepted. */
  plan(job: Job): void;
  /** Forgets what is planned and held back. */
  clear(): void;
  /** Resolves when every delivery under way has ended; cuts those of a receiver that does not answer. */
  close(): Promise<void>;
};

/** The signature header: HMAC-SHA256 over `<t>,<raw body>`, a comma between, one `v1` for each secret. */
function signWebhook(secrets: readonly string[], unixSeconds: number, body: string): string {
  const digest = (secret: string) =>
    createHmac('sha256', secret).update(`${unixSeconds},${body}`).digest('hex');
  return [`t=${unixSeconds}`, ...secrets.map((secret) => `v1=${digest(secret)}`)].join(',');
}

export function createWebhooks(
  clock: SimClock,
  faults: FaultBook,
  secrets: readonly string[],
  settings: () => Settings,
): Webhooks {
  const planned = new Set<() => void>();
  const held: (() => Promise<void>)[] = [];
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();

  function later(delayMs: number, run: () => void) {
    const cancel = clock.after(delayMs, () => {
      planned.delete(cancel);
      run();
    });
    planned.add(cancel);
  }

  function announce(job: Job, url: string) {
    const context = { model: job.model.id, prompt: job.request.prompt, jobId: job.id };
    const due = faults.draw('webhook', context, job.rules);
    const find = <Name extends WebhookFault['fault']>(name: Name) =>
      due.find((fault): fault is Extract<WebhookFault, { fault: Name }> => fault.fault === name);
    if (find('webhook_lose') !== undefined) return;
    const times = find('webhook_duplicate')?.times ?? 1;
    const post = async () => {
      await Promise.all(Array.from({ length: times }, () => deliver(job, url, due)));
      // What was held back goes out once this one has been answered: the order is really swapped.
      await Promise.all(held.splice(0).map((release) => release()));
    };
    if (find('webhook_hold') !== undefined) {
      held.push(() => deliver(job, url, due));
      return;
    }
    const delay = find('webhook_delay');
    if (delay === undefined) track(post());
    else later(delay.seconds * 1000 * settings().time_scale, () => track(post()));
  }

  async function deliver(job: Job, url: string, due: readonly WebhookFault[]): Promise<void> {
    const body = JSON.stringify(renderEvent(job));
    const idempotencyKey = `${job.id}-${job.ending.status}`;
    const stale = due.some(({ fault }) => fault === 'webhook_stale') ? staleSeconds : 0;
    const signed = due.some(({ fault }) => fault === 'webhook_bad_signature') ? `${body} ` : body;
    // Real time, not the stepped one: the receiver compares it with its own clock.
    const unixSeconds = Math.floor(clock.sourceMs() / 1000) - stale;
    const signature =
      secrets.length === 0 ? {} : { 'x-openrouter-signature': signWebhook(secrets, unixSeconds, signed) };
    const delivery = { url, idempotencyKey };
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-openrouter-idempotency-key': idempotencyKey,
          ...signature,
        },
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(deliveryTimeoutMs)]),
      });
      await response.body?.cancel();
      job.webhooks.push({ ...delivery, status: response.status, error: null });
    } catch (error) {
      job.webhooks.push({ ...delivery, status: null, error: reasonOf(error) });
    }
  }

  function clear() {
    for (const cancel of planned) cancel();
    planned.clear();
    held.length = 0;
  }

  function track(delivery: Promise<void>) {
    const tracked = delivery.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }

  return {
    plan(job) {
      const url = job.request.callback_url ?? settings().default_callback_url ?? undefined;
      if (url === undefined || !announcedStatuses.has(job.ending.status)) return;
      if (!Number.isFinite(job.ending.readyMs)) return;
      later(job.ending.readyMs - clock.nowMs(), () => announce(job, url));
    },
    clear,
    async close() {
      clear();
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

/** fetch hides the socket's reason one level down. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
