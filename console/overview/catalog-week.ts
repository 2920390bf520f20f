// What changed in the catalog in a week: models that came and went, prices before and after.

import type { VNode } from 'preact';
import { count, formatUnitPrice } from '../format.ts';
import { h, html } from '../html.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { State } from '../parts/state.ts';
import { Time } from '../parts/time.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';

type Catalog = Schemas['Overview']['catalog'];
type Change = Catalog['changes'][number];
type Field = Change['fields'][number];

const SHOWN = 12;

export function CatalogWeek({ catalog }: { readonly catalog: Catalog }): VNode {
  const { changes, has_more: hasMore } = catalog;
  if (changes.length === 0) {
    return h(EmptyState, {
      title: 'No model came, went or changed in the last seven days.',
      children: html`<p><a href=${addressOf('/models')}>All models</a></p>`,
    });
  }
  const left = changes.length - SHOWN;
  return html`
    <ul class="changes">
      ${changes.slice(0, SHOWN).map((change) => h(Entry, { key: `${change.at} ${change.model}`, change }))}
    </ul>
    ${(left > 0 || hasMore) && html`<p class="quiet small">${hasMore ? 'More than ' : ''}${count(Math.max(left, 1), 'older change')}: each model lists its own.</p>`}
  `;
}

const WORDS = { added: ['good', 'new'], removed: ['bad', 'gone'], changed: ['wait', 'changed'] } as const;

function Entry({ change }: { readonly change: Change }): VNode {
  const { at, model, kind, fields } = change;
  const [tone, word] = WORDS[kind];
  return html`
    <li class="change">
      ${h(State, { tone, word })}
      <a class="model-id" href=${addressOf(`/models/${model}`)}>${model}</a>
      <span>${fields.map((field) => h(FieldChange, { key: field.field, field }))}</span>
      ${h(Time, { at })}
    </li>
  `;
}

/** `video_tokens $0.0000056 → $0.0000042 (−25%)` for a price; the name alone for what is no price. */
function FieldChange({ field: { field, before, after } }: { readonly field: Field }): VNode {
  const sku = field.startsWith('prices.') ? field.slice('prices.'.length) : null;
  if (sku === null) return html`<span class="field-change">${field.replaceAll('_', ' ')}</span>`;
  const price = (value: unknown) => (typeof value === 'number' ? formatUnitPrice(value) : 'none');
  const percent =
    typeof before === 'number' && typeof after === 'number' && before > 0
      ? Math.round((after / before - 1) * 100)
      : null;
  return html`
    <span class="field-change"><code>${sku}</code> <del>${price(before)}</del> → <ins>${price(after)}</ins>${percent !== null && html` <span class="quiet">${percent > 0 ? '+' : '−'}${Math.abs(percent)}%</span>`}</span>
  `;
}
