// The models that can make a clip, in their order: dollars on one scale, seconds, and what the score is made of.

import type { VNode } from 'preact';
import { formatSeconds, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { PriceBar, StackedBar } from '../parts/bar.ts';
import { Money } from '../parts/money.ts';
import { TableFrame } from '../parts/table-frame.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';
import type { Answer } from './answer.ts';
import type { Weights } from './question.ts';
import { listOverBudget, scaleOf } from './scale.ts';
import { PARTS } from './weights.ts';

type Candidate = Schemas['Candidate'];

interface CandidatesProps {
  readonly answer: Answer;
  readonly budgetUsd: number | null;
  /** Asks to buy from a model; null = the reader may buy nothing. */
  readonly onBuy: ((model: string) => void) | null;
}

export function Candidates({ answer, budgetUsd, onBuy }: CandidatesProps): VNode {
  const { route, rejected, guideRanks } = answer;
  const candidates = route?.candidates ?? [];
  const overBudget = listOverBudget(rejected);
  const scaleUsd = scaleOf(candidates, overBudget, budgetUsd);
  return html`
    <${TableFrame} label=${'Models that can make the clip, best first'}>
      <table class="table candidates">
        <caption class="visually-hidden">Models that can make the clip, best first</caption>
        <thead>
          <tr>
            <th scope="col" class="number rank">#</th>
            <th scope="col" class="name">
              <span class="visually-hidden">Model, and what it costs</span>${h(Axis, { scaleUsd, budgetUsd })}
            </th>
            <th scope="col" class="number likely">Likely, at most</th>
            <th scope="col" class="number wait">Ready in</th>
            <th scope="col" class="score extra">Score</th>
            <th scope="col" class="number guide extra" title="The place by the way of scoring that OpenRouter's guide prints">Guide</th>
            ${onBuy && html`<th scope="col" class="buy"><span class="visually-hidden">Buy</span></th>`}
          </tr>
        </thead>
        <tbody>
          ${candidates.map((candidate) => h(Row, { key: candidate.model, candidate, weights: weightsOf(route), guideRank: guideRanks.get(candidate.model) ?? null, scaleUsd, budgetUsd, onBuy }))}
        </tbody>
        ${
          overBudget.length > 0 &&
          html`
            <tbody class="beyond">
              ${overBudget.map(
                ({ model, ceilingUsd }) => html`
                  <tr key=${model}>
                    <td></td>
                    <td><a class="model-id" href=${addressOf(`/models/${model}`)}>${model}</a>
                      ${h(PriceBar, { usd: null, lowUsd: null, highUsd: null, ceilingUsd, scaleUsd, budgetUsd, isBound: true })}
                    </td>
                    <td class="number">over budget<br /><span class="quiet small">${formatUsd(ceilingUsd)}</span></td>
                    <td class="wait"></td><td class="extra"></td><td class="extra"></td>
                    ${onBuy && html`<td></td>`}
                  </tr>
                `,
              )}
            </tbody>
          `
        }
      </table>
    <//>
  `;
}

export const weightsOf = (route: Schemas['RouteResult'] | null): Weights | null =>
  route ? { reliability: 0, ...route.weights } : null;

/** What the parts of a score are worth, as they stand in it: each score times its weight. */
function partsOf({ scores }: Candidate, weights: Weights) {
  return PARTS.flatMap(([name, word, series]) => {
    const share = (scores[name] ?? 0) * weights[name];
    return weights[name] > 0 ? [{ name: word, share, series }] : [];
  });
}

interface RowProps {
  readonly candidate: Candidate;
  readonly weights: Weights | null;
  readonly guideRank: number | null;
  readonly scaleUsd: number;
  readonly budgetUsd: number | null;
  readonly onBuy: ((model: string) => void) | null;
}

function Row({ candidate, weights, guideRank, scaleUsd, budgetUsd, onBuy }: RowProps): VNode {
  const { model, rank, score, estimate, expected_s: expected } = candidate;
  return html`
    <tr class=${rank === 1 ? 'chosen' : ''}>
      <td class="number quiet">${rank}</td>
      <td><a class="model-id" href=${addressOf(`/models/${model}`)}>${model}</a>
        ${h(PriceBar, { usd: estimate.usd, lowUsd: estimate.low_usd, highUsd: estimate.high_usd, ceilingUsd: estimate.ceiling_usd, scaleUsd, budgetUsd })}
      </td>
      <td class="number" title=${estimate.reason ?? estimate.certainty}>
        ${h(Money, { usd: estimate.usd })}<br /><span class="quiet small">${formatUsd(estimate.ceiling_usd)}</span>
      </td>
      <td class="number wait" title=${`nine of ten within ${formatSeconds(expected.p90)}; ${expected.source}`}>${Math.round(expected.p50)} s</td>
      <td class="score extra">
        ${weights && h(StackedBar, { label: `Score ${score.toFixed(3)}`, parts: partsOf(candidate, weights) })}
        <span class="number small">${score.toFixed(3)}</span>
      </td>
      <td class="number quiet extra">${guideRank ?? ''}</td>
      ${onBuy && html`<td><button type="button" class="button small-button" onClick=${() => onBuy(model)} aria-label=${`Buy from ${model}`}>Buy…</button></td>`}
    </tr>
  `;
}

/** Two ends and the budget: where it is, a label is better than a tick. */
const Axis = ({
  scaleUsd,
  budgetUsd,
}: {
  readonly scaleUsd: number;
  readonly budgetUsd: number | null;
}): VNode => html`
  <span class="axis">
    <span>$0</span>
    ${
      budgetUsd !== null &&
      budgetUsd < scaleUsd &&
      html`<span class="axis-budget" style=${{ left: `${((budgetUsd / scaleUsd) * 100).toFixed(2)}%` }}>${formatUsd(budgetUsd)}</span>`
    }
    <span>${formatUsd(scaleUsd)}</span>
  </span>
`;
