// Buying a clip by hand: a quote for one model, what would be sent, and the sum on the button that buys it.

import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { formatSeconds, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { CodeBlock } from '../parts/copy.ts';
import { Dialog } from '../parts/dialog.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { ApiProblem } from '../problem.ts';
import { useResource } from '../resource.ts';
import { addressOf, navigate } from '../router.ts';
import type { Schemas } from '../schemas.ts';
import type { RouteBody } from './question.ts';

interface PurchaseProps {
  readonly model: string;
  readonly body: RouteBody;
  /** False where the prompt is still to be written. */
  readonly hasPrompt: boolean;
  readonly onClose: () => void;
}

/** Quotes a model: as the router's choice where it is that, so that its job keeps the ranking, else as the one model allowed. */
async function quoteModel(model: string, body: RouteBody, signal: AbortSignal) {
  const best = await ask(api.POST('/route', { body, signal }));
  if (best.selected === model) return { route: best, asked: body };
  const asked: RouteBody = { ...body, models: { allow: [model] } };
  return { route: await ask(api.POST('/route', { body: asked, signal })), asked };
}

/** A quote is good for ten minutes; one that is older is asked for again. */
export function Purchase({ model, body, hasPrompt, onClose }: PurchaseProps): VNode {
  const quote = useResource(`quote ${model}`, (signal) => quoteModel(model, body, signal));
  return h(Dialog, {
    title: `Buy a clip from ${model}`,
    onClose,
    children: quote.problem
      ? h(ProblemBox, { problem: quote.problem, onRetry: quote.reload })
      : quote.data
        ? h(Quoted, { ...quote.data, hasPrompt, onClose, onRefresh: quote.reload })
        : h(Skeleton, { rows: 4 }),
  });
}

interface QuotedProps {
  readonly route: Schemas['RouteResult'];
  readonly asked: RouteBody;
  readonly hasPrompt: boolean;
  readonly onClose: () => void;
  readonly onRefresh: () => void;
}

/** What a refused purchase may be tried again with. */
const STALE = new Set(['quote_expired', 'quote_changed']);

function Quoted({ route, asked, hasPrompt, onClose, onRefresh }: QuotedProps): VNode {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [acceptsUnknown, setAcceptsUnknown] = useState(false);
  // One for the whole dialog: pressed twice, or again after a lost answer, it buys once.
  const idempotencyKey = useRef(`console-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`);
  const [candidate] = route.candidates;
  const ceilingUsd = route.quote_ceiling_usd;

  async function buy(): Promise<void> {
    setBusy(true);
    try {
      const job = await ask(
        api.POST('/jobs', {
          params: { header: { 'Idempotency-Key': idempotencyKey.current } },
          body: {
            ...asked,
            quote: route.quote,
            ...(ceilingUsd === null && { accept_unknown_price: acceptsUnknown }),
          },
        }),
      );
      onClose();
      if ('id' in job) navigate(addressOf(`/jobs/${job.id}`));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      setBusy(false);
    }
  }

  return html`
    <dl class="facts">
      <div><dt>Likely</dt><dd class="number">${formatUsd(candidate?.estimate.usd ?? null)}</dd></div>
      <div><dt>At most</dt><dd class="number">${formatUsd(ceilingUsd)}</dd></div>
      <div><dt>Ready in about</dt><dd>${candidate && formatSeconds(candidate.expected_s.p50)}</dd></div>
      ${route.warnings.map(({ code, field, message }) => html`<div key=${`${code} ${field}`}><dt>Warning</dt><dd>${message}</dd></div>`)}
    </dl>
    <details class="refused">
      <summary>What is sent to OpenRouter</summary>
      ${h(CodeBlock, { text: showRequest(route.request), what: 'the request' })}
    </details>
    ${
      ceilingUsd === null &&
      html`
        <label class="check">
          <input type="checkbox" checked=${acceptsUnknown} onChange=${(event: Event) => setAcceptsUnknown((event.currentTarget as HTMLInputElement).checked)} />
          The price is unknown. Buy at whatever it costs.
        </label>
      `
    }
    ${!hasPrompt && html`<p class="field-error">Write a prompt first: this one is only there to be priced.</p>`}
    ${problem && h(ProblemBox, { problem, onRetry: STALE.has(problem.code) ? onRefresh : null })}
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${onClose}>Do not buy</button>
      <button type="button" class="primary-button" disabled=${isBusy || !hasPrompt || (ceilingUsd === null && !acceptsUnknown)} onClick=${buy}>
        ${ceilingUsd === null ? 'Buy at any price' : `Buy for at most ${formatUsd(ceilingUsd)}`}
      </button>
    </div>
  `;
}

/** Pictures by their beginning. */
const showRequest = (request: object): string =>
  JSON.stringify(
    request,
    (_, value) =>
      typeof value === 'string' && value.startsWith('data:') ? `${value.slice(0, 32)}...` : value,
    2,
  );
