// Why a job has its model: the ranking as it was when the job was bought, and what refused the others.

import type { VNode } from 'preact';
import { PARTS } from '../explore/weights.ts';
import { count, formatSeconds } from '../format.ts';
import { h, html } from '../html.ts';
import { StackedBar } from '../parts/bar.ts';
import { Money } from '../parts/money.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';
import { type Job, JobState } from './status.ts';

type Plan = Schemas['PurchasePlan'];
type Candidate = Plan['candidates'][number];

const ASKED = ['prompt', 'duration', 'resolution', 'aspect_ratio', 'size', 'generate_audio'] as const;

export function Reasons({ job }: { readonly job: Job }): VNode {
  const clip = Object.fromEntries(
    ASKED.map((name) => [name, job.request[name] === undefined ? null : String(job.request[name])]),
  );
  const tried = job.attempts.slice(0, -1);
  return html`
    ${
      tried.length > 0 &&
      html`<ul class="list">
        ${tried.map(
          ({ model, status, error }, index) => html`
            <li key=${index}><span class="model-id">${model}</span> was tried before: ${h(JobState, { status })} ${error?.message ?? ''}</li>
          `,
        )}
      </ul>`
    }
    ${h(Choice, { job })}
    ${job.plan && job.plan.candidates.length > 0 && h(Ranking, { plan: job.plan, model: job.attempts[0]?.model ?? job.model })}
    ${job.erased_at === null && html`<p class="quiet small"><a href=${addressOf('/explore', clip)}>How today’s catalog ranks this clip</a></p>`}
  `;
}

function Choice({ job }: { readonly job: Job }): VNode {
  const { plan, resubmit_of: resubmitOf } = job;
  const model = html`<strong class="model-id">${job.attempts[0]?.model ?? job.model}</strong>`;
  if (!plan) {
    return resubmitOf === null
      ? html`<p>How ${model} was chosen was not kept.</p>`
      : html`<p>${model} was chosen by the job that this one sends again: <a class="id" href=${addressOf(`/jobs/${resubmitOf}`)}>${resubmitOf}</a>.</p>`;
  }
  if (plan.chosen_by === 'router') return html`<p>The router chose ${model}: ${plan.why}.</p>`;
  return plan.chosen_by === 'quote'
    ? html`<p>A quote for ${model} was bought. The models ranked at that moment:</p>`
    : html`<p>The order named ${model}: no other was looked at.</p>`;
}

const partsOf = ({ scores }: Candidate, weights: NonNullable<Plan['weights']>) =>
  PARTS.flatMap(([name, word, series]) => {
    const weight = weights[name] ?? 0;
    return weight > 0 ? [{ name: word, share: (scores[name] ?? 0) * weight, series }] : [];
  });

function Ranking({ plan, model: bought }: { readonly plan: Plan; readonly model: string }): VNode {
  const { candidates, rejected, weights, cut } = plan;
  return html`
    <div class="table-frame">
      <table class="table ranking">
        <caption class="visually-hidden">The ranking when the job was bought</caption>
        <thead>
          <tr>
            <th scope="col" class="number">#</th><th scope="col">Model</th>
            <th scope="col" class="number">Likely</th><th scope="col" class="number extra">At most</th>
            <th scope="col" class="number extra">Ready in</th><th scope="col" class="score">Score</th>
          </tr>
        </thead>
        <tbody>
          ${candidates.map(
            (candidate) => html`
              <tr key=${candidate.model} class=${candidate.model === bought ? 'chosen' : ''}>
                <td class="number quiet">${candidate.rank}</td>
                <td><a class="model-id" href=${addressOf(`/models/${candidate.model}`)}>${candidate.model}</a>${candidate.model === bought && html` <span class="quiet small">bought</span>`}</td>
                <td class="number">${h(Money, { usd: candidate.estimated_usd })}</td>
                <td class="number extra">${h(Money, { usd: candidate.ceiling_usd })}</td>
                <td class="number extra">${formatSeconds(candidate.p50_s)}</td>
                <td class="score">
                  ${weights && h(StackedBar, { label: `Score ${candidate.score.toFixed(3)}`, parts: partsOf(candidate, weights) })}
                  <span class="number small quiet">${candidate.score.toFixed(3)}</span>
                </td>
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
    ${weights && h(Legend, { weights })}
    ${rejected.length > 0 && h(Refused, { rejected })}
    ${cut > 0 && html`<p class="quiet small">${count(cut, 'model')} more were not kept.</p>`}
  `;
}

const Legend = ({ weights }: { readonly weights: NonNullable<Plan['weights']> }): VNode => html`
  <p class="chart-moment quiet">
    ${PARTS.flatMap(([name, word, series]) =>
      (weights[name] ?? 0) > 0
        ? [
            html`<span key=${name} class="legend-entry"><i class=${`swatch series-${series}`}></i>${word} <span class="number">${(weights[name] ?? 0).toFixed(2)}</span></span>`,
          ]
        : [],
    )}
  </p>
`;

function Refused({ rejected }: { readonly rejected: Plan['rejected'] }): VNode {
  return html`
    <details class="refused">
      <summary>${count(rejected.length, 'model')} could not</summary>
      <dl class="facts">
        ${rejected.map(
          ({ model, codes }) => html`
            <div key=${model}>
              <dt><a class="model-id" href=${addressOf(`/models/${model}`)}>${model}</a></dt>
              <dd>${codes.map((code) => code.replaceAll('_', ' ')).join(', ')}</dd>
            </div>
          `,
        )}
      </dl>
    </details>
  `;
}
