// What the service asks of a store about webhooks that wait to be confirmed.

import type { WebhookEvent } from '../../core/job/upstream-webhook.ts';

/** A webhook that waits to be confirmed. */
export interface WaitingWebhook extends WebhookEvent {
  readonly nonce: string;
  readonly receivedAt: number;
}

export interface WebhookInbox {
  /**
   * Keeps a webhook, due in `dueInMs`; the same one twice is kept once. False where the inbox is full, altogether or
   * for this nonce.
   */
  keepWebhook(webhook: WebhookEvent & { readonly nonce: string }, dueInMs: number): Promise<boolean>;
  /** Kept webhooks that are due, oldest due first; each is due again in `againInMs` unless it is dropped by then. */
  claimWebhooks(limit: number, againInMs: number): Promise<WaitingWebhook[]>;
  dropWebhook(webhook: WebhookEvent & { readonly nonce: string }): Promise<void>;
  deferWebhook(webhook: WebhookEvent & { readonly nonce: string }, dueInMs: number): Promise<void>;
  /** Milliseconds until the next kept webhook is due (0 = now); null where none is kept. */
  nextWebhookInMs(): Promise<number | null>;
}
