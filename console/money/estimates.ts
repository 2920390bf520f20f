// Estimate against bill for each model over the days that are seen, and what was learned from it.

import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { Chart } from '../parts/chart.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { formatDifference } from '../parts/money-words.ts';
import { TableFrame } from '../parts/table-frame.ts';
import { type ModelBills, sumBills, toRatios } from './model-bills.ts';
import type { SpendRow } from './spend-rows.ts';

interface EstimatesProps {
  /** By model and day. */
  readonly rows: readonly SpendRow[];
  /** The days, epoch milliseconds. */
  readonly times: readonly number[];
}

const formatRatio = (ratio: number): string => `${ratio.toFixed(2)}×`;

export function Estimates({ rows, times }: EstimatesProps): VNode {
  const models = useMemo(() => sumBills(rows), [rows]);
  const series = useMemo(
    () => toRatios(rows, times).map((one) => ({ ...one, kind: 'line' as const })),
    [rows, times],
  );
  if (models.length === 0) {
    return h(EmptyState, { title: 'Bills are compared with their estimates once one is known.' });
  }
  return html`
    ${h(Chart, {
      caption: 'Bills as a multiple of their estimates, by the day of the job: 1 is as estimated',
      times,
      series,
      format: formatRatio,
      formatTime: (at: number) => new Date(at).toLocaleDateString('en-GB', { dateStyle: 'medium' }),
      limit: 1,
      height: 140,
    })}
    <${TableFrame} label=${'Estimate against bill by model'}>
      <table class="table">
        <caption class="visually-hidden">Estimate against bill by model</caption>
        <thead>
          <tr>
            <th scope="col">Model</th><th scope="col" class="number">Days with bills</th>
            <th scope="col" class="number">Estimated</th><th scope="col" class="number">Billed</th>
            <th scope="col" class="number">Off, first day</th><th scope="col" class="number">Off, last day</th>
          </tr>
        </thead>
        <tbody>${models.map((model) => h(ModelLine, { key: model.model, model }))}</tbody>
      </table>
    <//>
    <p class="quiet small">
      Estimates learn from bills: where a model bills otherwise than its price list says, the last days should be nearer than the first. Days
      on which a bill is open or unknown are left out. Each model’s page says what was learned.
    </p>
  `;
}

const ModelLine = ({ model }: { readonly model: ModelBills }): VNode => html`
  <tr>
    <td><a class="model-id" href=${`/console/models/${model.model}`}>${model.model}</a></td>
    <td class="number">${model.days}</td>
    <td class="number">${formatUsd(model.estimatedUsd)}</td>
    <td class="number">${formatUsd(model.billedUsd)}</td>
    <td class="number">${formatDifference(model.first.estimatedUsd, model.first.billedUsd)}</td>
    <td class="number">${formatDifference(model.last.estimatedUsd, model.last.billedUsd)}</td>
  </tr>
`;
