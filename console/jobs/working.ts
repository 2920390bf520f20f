// What a job costs and why: the estimate unit by unit, what was learned, the ceiling, the bill and how far it is off.

import type { VNode } from 'preact';
import { formatRange, formatUnitPrice, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { unitWord } from '../model-words.ts';
import { Money } from '../parts/money.ts';
import { formatDifference } from '../parts/money-words.ts';
import type { Schemas } from '../schemas.ts';
import type { Job } from './status.ts';

type Estimate = Schemas['PurchasePlan']['estimate'];

export function Working({ job }: { readonly job: Job }): VNode {
  const { cost, attempts, ended, plan } = job;
  const isOver = cost.actual_usd !== null && cost.ceiling_usd !== null && cost.actual_usd > cost.ceiling_usd;
  const difference = formatDifference(cost.estimated_usd, cost.actual_usd);
  return html`
    ${plan && h(Lines, { estimate: plan.estimate })}
    <dl class="facts">
      <div><dt>Estimate</dt><dd>${h(Money, { usd: cost.estimated_usd })} ${plan && h(Certainty, { estimate: plan.estimate })}</dd></div>
      <div><dt>At most</dt><dd>${h(Money, { usd: cost.ceiling_usd })}
        ${!ended && cost.ceiling_usd !== null && html`<span class="quiet small">held in its budgets</span>`}</dd></div>
      <div><dt>Bill</dt><dd>${
        !ended && cost.actual_usd === null
          ? html`<span class="quiet">not yet</span>`
          : html`<strong>${h(Money, { usd: cost.actual_usd })}</strong>`
      } ${difference && html`<span class="quiet small">${difference} against the estimate</span>`}
        ${isOver && html`<span class="field-error">above its ceiling</span>`}
        ${cost.is_byok && html`<span class="quiet small">on the provider key of your own</span>`}</dd></div>
      ${
        attempts.length > 1 &&
        attempts.map(
          ({ model, cost: { actual_usd: usd } }, index) => html`
            <div key=${index}><dt>Attempt ${index + 1}</dt><dd><span class="model-id">${model}</span> ${h(Money, { usd })}</dd></div>
          `,
        )
      }
    </dl>
  `;
}

function Certainty({ estimate }: { readonly estimate: Estimate }): VNode {
  const { low_usd: low, high_usd: high, certainty, reason } = estimate;
  const range = low !== null && high !== null && low !== high ? `, ${formatRange(low, high)}` : '';
  return html`<span class="quiet small">${certainty}${range}${reason && `: ${reason}`}</span>`;
}

/** The list's working, and what bills made of it. */
function Lines({ estimate }: { readonly estimate: Estimate }): VNode | null {
  const { lines, learned } = estimate;
  if (lines.length === 0) return null;
  const sum = lines.reduce((total, { usd }) => total + usd, 0);
  return html`
    <div class="table-frame">
      <table class="table working">
        <caption class="visually-hidden">How the estimate was worked out</caption>
        <thead>
          <tr><th scope="col">Price</th><th scope="col" class="number">Quantity</th><th scope="col" class="number">Each</th><th scope="col" class="number">Dollars</th></tr>
        </thead>
        <tbody>
          ${lines.map(
            ({ sku, unit, quantity, unit_usd: each, usd }) => html`
              <tr key=${sku}>
                <td><code>${sku}</code></td>
                <td class="number">${quantity.toLocaleString('en-US')}</td>
                <td class="number">${formatUnitPrice(each)} <span class="quiet">${unitWord(unit)}</span></td>
                <td class="number">${formatUsd(usd)}</td>
              </tr>
            `,
          )}
        </tbody>
        <tfoot>
          ${
            learned &&
            learned.ratio !== 1 &&
            html`<tr><td colspan="3">By ${learned.samples} earlier bills, × ${learned.ratio}</td><td class="number">${formatUsd(sum * learned.ratio)}</td></tr>`
          }
          ${(!learned || learned.ratio === 1) && html`<tr><td colspan="3">By the price list${learned ? `, as ${learned.samples} earlier bills have it` : ''}</td><td class="number">${formatUsd(sum)}</td></tr>`}
        </tfoot>
      </table>
    </div>
  `;
}
