// Webhooks that came before they could be confirmed: kept once each, bounded, and handed out again until dropped.

import { sql } from 'kysely';
import type { WebhookEvent } from '../../core/job/upstream-webhook.ts';
import type { WebhookInbox } from '../ports/webhook-inbox.ts';
import type { Database, Queries } from '../sql/database.ts';
import { dueIn } from '../sql/lease-columns.ts';

/** Upstream sends one or two per job; more under one nonce is not upstream's doing. */
const MAX_PER_NONCE = 8;
/** Rows of 150 bytes. Only jobs whose outcome is unknown have any. */
const MAX_ALTOGETHER = 10_000;

type Named = WebhookEvent & { readonly nonce: string };

export function createWebhookInbox({ reader, dialect, writeOne }: Database): WebhookInbox {
  async function hasRoom(nonce: string): Promise<boolean> {
    const { own, all } = await reader
      .selectFrom('webhook_inbox')
      .select(sql<number>`count(*)`.as('all'))
      .select(sql<number>`coalesce(sum(case when nonce = ${nonce} then 1 else 0 end), 0)`.as('own'))
      .executeTakeFirstOrThrow();
    return Number(own) < MAX_PER_NONCE && Number(all) < MAX_ALTOGETHER;
  }

  const isKept = async ({ nonce, upstreamId, status }: Named): Promise<boolean> =>
    (await reader
      .selectFrom('webhook_inbox')
      .select('nonce')
      .where('nonce', '=', nonce)
      .where('upstream_id', '=', upstreamId)
      .where('status', '=', status)
      .executeTakeFirst()) !== undefined;

  async function insert(db: Queries, { nonce, upstreamId, status }: Named, dueInMs: number): Promise<void> {
    await db
      .insertInto('webhook_inbox')
      .values({
        nonce,
        upstream_id: upstreamId,
        status,
        received_at: dialect.now(),
        due_at: dueIn(dialect, dueInMs),
      })
      .onConflict((conflict) => conflict.columns(['nonce', 'upstream_id', 'status']).doNothing())
      .execute();
  }

  return {
    async keepWebhook(webhook, dueInMs) {
      // Counted outside the write: a few more that arrive together do no harm, and the bound is not to the row.
      if (!(await hasRoom(webhook.nonce))) return isKept(webhook);
      return writeOne(async (db) => {
        await insert(db, webhook, dueInMs);
        return { value: true, changed: [] };
      });
    },

    claimWebhooks: (limit, againInMs) =>
      writeOne(async (db) => {
        const rows = await db
          .with('due', (cte) =>
            dialect.lockFreeRows(
              cte
                .selectFrom('webhook_inbox')
                .select(['nonce', 'upstream_id', 'status'])
                .where('due_at', '<=', dialect.now())
                .orderBy('due_at')
                .limit(limit),
            ),
          )
          .updateTable('webhook_inbox')
          .set({ due_at: dueIn(dialect, againInMs) })
          .where((where) =>
            where.exists(
              where
                .selectFrom('due')
                .select('due.nonce')
                .whereRef('due.nonce', '=', 'webhook_inbox.nonce')
                .whereRef('due.upstream_id', '=', 'webhook_inbox.upstream_id')
                .whereRef('due.status', '=', 'webhook_inbox.status'),
            ),
          )
          .returning(['nonce', 'upstream_id', 'status', 'received_at'])
          .execute();
        const webhooks = rows
          .sort((a, b) => a.received_at - b.received_at)
          .map((row) => ({
            nonce: row.nonce,
            upstreamId: row.upstream_id,
            status: row.status,
            receivedAt: row.received_at,
          }));
        return { value: webhooks, changed: [] };
      }),

    dropWebhook: ({ nonce, upstreamId, status }) =>
      writeOne(async (db) => {
        await db
          .deleteFrom('webhook_inbox')
          .where('nonce', '=', nonce)
          .where('upstream_id', '=', upstreamId)
          .where('status', '=', status)
          .execute();
        return { value: undefined, changed: [] };
      }),

    deferWebhook: ({ nonce, upstreamId, status }, dueInMs) =>
      writeOne(async (db) => {
        await db
          .updateTable('webhook_inbox')
          .set({ due_at: dueIn(dialect, dueInMs) })
          .where('nonce', '=', nonce)
          .where('upstream_id', '=', upstreamId)
          .where('status', '=', status)
          .execute();
        return { value: undefined, changed: [] };
      }),

    async nextWebhookInMs() {
      const row = await reader
        .selectFrom('webhook_inbox')
        .select(sql<number>`due_at - ${dialect.now()}`.as('in_ms'))
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst();
      return row ? Math.max(0, row.in_ms) : null;
    },
  };
}
