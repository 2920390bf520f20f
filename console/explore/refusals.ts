// The models that cannot make a clip, by reason, and the smallest changes that would let them.

import type { VNode } from 'preact';
import { count, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { formatReason } from '../model-words.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';
import { canApply, describeChange } from './question.ts';

interface NearestProps {
  readonly nearest: readonly Schemas['Nearest'][];
  readonly onApply: (change: Readonly<Record<string, unknown>>) => void;
}

export const NearestChips = ({ nearest, onApply }: NearestProps): VNode | null =>
  nearest.length === 0
    ? null
    : html`
        <section aria-label="Changes that let more models make the clip">
          <h2>With a small change</h2>
          <div class="chips">${nearest.map((one) => h(Chip, { key: JSON.stringify(one.change), one, onApply }))}</div>
        </section>
      `;

function Chip({
  one,
  onApply,
}: {
  readonly one: Schemas['Nearest'];
  readonly onApply: NearestProps['onApply'];
}): VNode {
  const { change, admits, from_usd: fromUsd } = one;
  const words = html`<strong>${describeChange(change)}</strong>: +${count(admits.length, 'model')}${fromUsd === null ? '' : `, from ${formatUsd(fromUsd)}`}`;
  return canApply(change)
    ? html`<button type="button" class="chip" title=${admits.join(', ')} onClick=${() => onApply(change)}>${words}</button>`
    : html`<span class="quiet" title=${admits.join(', ')}>${words}</span>`;
}

export function Refused({ rejected }: { readonly rejected: readonly Schemas['Rejected'][] }): VNode | null {
  const groups = new Map<string, Schemas['Rejected'][]>();
  for (const one of rejected) {
    const code = one.reasons[0]?.code ?? '';
    groups.set(code, [...(groups.get(code) ?? []), one]);
  }
  if (groups.size === 0) return null;
  return html`
    <section>
      <h2>${count(rejected.length, 'model')} cannot</h2>
      ${[...groups]
        .sort(([, one], [, other]) => other.length - one.length)
        .map(
          ([code, models]) => html`
            <details key=${code} class="refused">
              <summary>${code.replace(/^unsupported_/, '').replaceAll('_', ' ')} <span class="quiet">${count(models.length, 'model')}</span></summary>
              <dl class="facts">
                ${models.map(
                  ({ model, reasons }) => html`
                    <div key=${model}>
                      <dt><a class="model-id" href=${addressOf(`/models/${model}`)}>${model}</a></dt>
                      <dd>${reasons.map(formatReason).join('; ')}</dd>
                    </div>
                  `,
                )}
              </dl>
            </details>
          `,
        )}
    </section>
  `;
}
