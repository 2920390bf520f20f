// What the clips of the last month would have cost by the weights of the form; asked for, because it routes each again.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { count, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { useResource } from '../resource.ts';
import type { Schemas } from '../schemas.ts';
import type { Question } from './question.ts';

const CLIPS = 300;

export function ReplaySection({ priority }: { readonly priority: Question['priority'] }): VNode {
  const [asked, setAsked] = useState<Question['priority'] | null>(null);
  const { data, problem, isLoading } = useResource(asked === null ? null : JSON.stringify(asked), (signal) =>
    ask(api.POST('/route/replay', { body: { priority: asked ?? priority, limit: CLIPS }, signal })),
  );
  const isOfForm = JSON.stringify(asked) === JSON.stringify(priority);
  return html`
    <section>
      <h2>The last month by these weights</h2>
      ${problem && h(ProblemBox, { problem })}
      <div class=${isOfForm && !isLoading ? '' : 'dimmed'} role="status">${data && h(Comparison, { replay: data })}</div>
      ${
        !isOfForm &&
        html`<button type="button" class="button" onClick=${() => setAsked(priority)}>What would the last month have cost?</button>`
      }
    </section>
  `;
}

function Comparison({ replay }: { readonly replay: Schemas['RouteReplay'] }): VNode {
  const { clips, billed_usd: billed, routed_usd: routed, skipped, has_more: hasMore, models } = replay;
  if (clips === 0) return html`<p>No clip of the last 30 days has a bill to compare with.</p>`;
  const difference = routed - billed;
  const change =
    billed === 0
      ? ''
      : ` (${difference < 0 ? '−' : '+'}${Math.abs((100 * difference) / billed).toFixed(0)}%)`;
  return html`
    <p>
      ${hasMore ? 'The newest ' : ''}${count(clips, 'clip')} were billed <strong class="number">${formatUsd(billed)}</strong> and would
      likely cost <strong class="number">${formatUsd(routed)}</strong>${change}, ${count(replay.same_model, 'clip')} by the same model.
      ${skipped > 0 && html`<span class="quiet">${count(skipped, 'job')} left out: without a bill, or with no price now.</span>`}
    </p>
    <dl class="facts">
      ${models.map(
        ({ model, clips: own, usd }) => html`
          <div key=${model}><dt class="model-id">${model}</dt><dd class="number">${count(own, 'clip')}, ${formatUsd(usd)}</dd></div>
        `,
      )}
    </dl>
  `;
}
