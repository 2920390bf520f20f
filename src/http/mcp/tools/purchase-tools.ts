// quote_clip and buy_clip: a price first, then a purchase at that price by the quote alone.

import { cutRequest } from '../../../core/clip/cut-request.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import type { ClipQuote, OrderToQuote, QuotedClips } from '../../../service/orders/quoted-clips.ts';
import { splitBody } from '../../api/clip-body.ts';
import { renderEstimate, renderExpected, usdOf } from '../../api/render.ts';
import { ToolRefusal } from '../error-answer.ts';
import { type JobAnswerParts, showJob } from '../job-answer.ts';
import { BuyClipSchema, QuoteClipSchema, QuoteSchema, ToolCreatedJobSchema } from '../schemas.ts';
import { defineTool, type Tool } from '../tool.ts';

export interface PurchaseToolsParts extends JobAnswerParts {
  readonly quotedClips: QuotedClips;
  readonly jobs: Pick<Jobs, 'recordOf'>;
}

export const purchaseTools = (parts: PurchaseToolsParts): readonly Tool[] => [
  defineTool({
    name: 'quote_clip',
    title: 'Quote a clip',
    description:
      'Says what a clip would cost at most, on the model given or the one the router picks, and keeps it for ten minutes under a quote. Buys nothing. Show the price to the person who pays, then call buy_clip with the quote.',
    scope: 'read',
    input: QuoteClipSchema,
    output: QuoteSchema,
    async run({ model, callback_url, tags, reference, strict, ...body }, { principal }) {
      const order: OrderToQuote = {
        ...splitBody(body),
        modelId: model ?? null,
        callbackUrl: callback_url ?? null,
        tags: tags ?? [],
        reference: reference ?? null,
        strict: strict ?? null,
      };
      return { structured: renderQuote(await parts.quotedClips.quote(principal, order)) };
    },
  }),

  defineTool({
    name: 'buy_clip',
    title: 'Buy a quoted clip',
    description:
      'Buys the clip of a quote, at the quoted price or less. This spends money. After any failure repeat the call with the same quote and the same idempotency_key: it answers the job that was bought, and never buys twice. Then call wait_for_job.',
    scope: 'write',
    input: BuyClipSchema,
    output: ToolCreatedJobSchema,
    async run({ quote, idempotency_key }, call) {
      const { principal, origin, signal } = call;
      const order = { quoteId: quote, key: idempotency_key, origin, signal };
      const purchase = await parts.quotedClips.buy(principal, order);
      if (purchase.kind === 'lapsed') {
        throw new ToolRefusal(purchase.error, {
          fresh_quote: purchase.fresh && renderQuote(purchase.fresh),
        });
      }
      const { job, warnings } = purchase;
      call.noteJob(job.id);
      const shown = await showJob(parts, job, call);
      return warnings === null ? shown : { ...shown, structured: { ...shown.structured, warnings } };
    },
  }),
];

const renderQuote = ({ id, plan }: ClipQuote) => ({
  quote: id,
  model: plan.choice.model.id,
  why: plan.route?.why ?? 'named in the request',
  estimate: renderEstimate(plan.choice.estimate),
  ceiling_usd: usdOf(plan.ceilingMicroUsd),
  expires_at: new Date(plan.expiresAt).toISOString(),
  expected_s: renderExpected(plan.choice.expected),
  request: cutRequest(plan.submission.body),
  warnings: plan.submission.warnings,
});
