// One model: what it can do, what it costs and when, a calculator, what was learned of it, how it changed.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { formatSeconds, formatUnitPrice } from '../format.ts';
import { h, html } from '../html.ts';
import { formatCondition, formatDurations, formatReason, unitWord } from '../model-words.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { ChoiceField } from '../parts/form.ts';
import { Money } from '../parts/money.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import { useResource } from '../resource.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';

type Model = Schemas['Model'];
type Price = Model['prices'][number];
type RouteResult = Schemas['RouteResult'];

const CHANGE_DAYS = 90;
const MAX_CHANGES = 1_000;

export function ModelPage({ params }: PageProps): VNode {
  const { id = '' } = params;
  const [author = '', ...rest] = id.split('/');
  const slug = rest.join('/');
  const model = useResource(id, (signal) =>
    ask(api.GET('/models/{author}/{slug}', { params: { path: { author, slug } }, signal })),
  );
  const { data, problem } = model;
  if (problem) return h(ProblemBox, { problem, onRetry: model.reload });
  if (!data) return h(Skeleton, { rows: 8 });
  return html`
    <header class="page-header">
      <h1>${data.id}</h1>
      <p class="quiet">${data.name}</p>
    </header>
    <div class="columns">
      <section>
        <h2>What it can do</h2>
        ${h(Abilities, { model: data })}
        <h2>What it costs</h2>
        ${h(Prices, { model: data })}
      </section>
      <section>
        <h2>What a clip costs</h2>
        ${h(Calculator, { model: data })}
        <h2>What changed</h2>
        ${h(Changes, { id: data.id })}
      </section>
    </div>
  `;
}

const list = (values: readonly string[] | null, none: string): string =>
  values === null ? 'follows from the input' : values.length === 0 ? none : values.join(', ');
const yesNo = (value: boolean | null): string => (value === null ? 'unknown' : value ? 'yes' : 'no');

const Abilities = ({ model }: { readonly model: Model }): VNode => html`
  <dl class="facts">
    <div><dt>Seconds</dt><dd>${formatDurations(model.durations)}</dd></div>
    <div><dt>Resolutions</dt><dd>${list(model.resolutions, 'none named')}</dd></div>
    <div><dt>Aspect ratios</dt><dd>${list(model.aspect_ratios, 'none named')}</dd></div>
    <div><dt>Frames</dt><dd>${list(model.frame_images, 'none')}</dd></div>
    <div><dt>Input</dt><dd>${list(model.input_modalities, 'none named')}</dd></div>
    <div><dt>Sound</dt><dd>${yesNo(model.generate_audio)}</dd></div>
    <div><dt>Seed</dt><dd>${yesNo(model.seed)}</dd></div>
    <div><dt>Provider options</dt><dd>${list(model.passthrough_parameters, 'none')}</dd></div>
    ${
      model.unreadable &&
      html`<div><dt>Unreadable</dt><dd>${model.unreadable_fields.join(', ')}: shown as last read</dd></div>`
    }
  </dl>
`;

const Prices = ({ model }: { readonly model: Model }): VNode =>
  model.prices.length === 0
    ? h(EmptyState, { title: 'No price of this model is understood, so its clips have none.' })
    : html`
        ${h(Table<Price>, {
          caption: 'Prices in dollars per unit',
          columns: [
            { id: 'when', title: 'When', cell: ({ when }) => formatCondition(when) },
            { id: 'usd', title: 'Price', isNumber: true, cell: ({ usd }) => formatUnitPrice(usd) },
            { id: 'unit', title: 'For', cell: ({ unit }) => unitWord(unit) },
          ],
          rows: model.prices,
          keyOf: ({ sku }) => sku,
        })}
        ${
          model.unknown_skus.length > 0 &&
          html`<p class="quiet small">Not understood and never used: ${model.unknown_skus.map((sku) => html`<code key=${sku}>${sku}</code> `)}</p>`
        }
      `;

interface Clip {
  readonly duration: string;
  readonly resolution: string;
  readonly aspect: string;
  readonly sound: string;
}

const choices = (values: readonly (string | number)[] | null): (readonly [string, string])[] => [
  ['', 'not said'],
  ...(values ?? []).map((value) => [String(value), String(value)] as const),
];

/** What this model alone answers; a refusal for the clip is an answer too. */
async function price(id: string, clip: Clip, signal: AbortSignal): Promise<RouteResult | Schemas['Problem']> {
  const { data, error, response } = await api.POST('/route', {
    body: {
      prompt: 'a clip',
      models: { allow: [id] },
      ...(clip.duration && { duration: Number(clip.duration) }),
      ...(clip.resolution && { resolution: clip.resolution }),
      ...(clip.aspect && { aspect_ratio: clip.aspect }),
      ...(clip.sound && { generate_audio: clip.sound === 'yes' }),
    },
    signal,
  });
  if (data) return data;
  if (error && 'code' in error && error.code === 'no_matching_model') return error;
  return ask(Promise.resolve({ error, response }));
}

function Calculator({ model }: { readonly model: Model }): VNode {
  const [clip, setClip] = useState<Clip>({
    duration: String(model.durations?.[0] ?? ''),
    resolution: model.resolutions?.[0] ?? '',
    aspect: model.aspect_ratios?.[0] ?? '',
    sound: '',
  });
  const set = (member: keyof Clip) => (value: string) => setClip({ ...clip, [member]: value });
  const { data, problem, isLoading } = useResource(`${model.id} ${JSON.stringify(clip)}`, (signal) =>
    price(model.id, clip, signal),
  );
  return html`
    <div class="fields">
      ${h(ChoiceField, { label: 'Seconds', value: clip.duration, choices: choices(model.durations), onChange: set('duration') })}
      ${h(ChoiceField, { label: 'Resolution', value: clip.resolution, choices: choices(model.resolutions), onChange: set('resolution') })}
      ${h(ChoiceField, { label: 'Aspect ratio', value: clip.aspect, choices: choices(model.aspect_ratios), onChange: set('aspect') })}
      ${h(ChoiceField, {
        label: 'Sound',
        value: clip.sound,
        choices: [
          ['', 'not said'],
          ['yes', 'with sound'],
          ['no', 'without'],
        ],
        onChange: set('sound'),
      })}
    </div>
    ${problem && h(ProblemBox, { problem })}
    <div class=${isLoading ? 'dimmed' : ''} aria-live="polite">${data && h(Answer, { answer: data })}</div>
  `;
}

function Answer({ answer }: { readonly answer: RouteResult | Schemas['Problem'] }): VNode {
  if ('code' in answer) {
    const reasons = ((answer['rejected'] ?? []) as Schemas['Rejected'][]).flatMap(({ reasons: all }) => all);
    return html`<ul>${reasons.map((reason) => html`<li key=${reason.code}>${formatReason(reason)}</li>`)}</ul>`;
  }
  const [candidate] = answer.candidates;
  if (!candidate) return h(EmptyState, { title: 'This model makes no such clip.' });
  const { estimate, expected_s: expected } = candidate;
  return html`
    <p class="figure">${h(Money, { usd: estimate.usd })}
      <span class="quiet small">at most ${h(Money, { usd: estimate.ceiling_usd })}, ${estimate.certainty}</span></p>
    <dl class="facts">
      ${estimate.lines.map(
        ({ sku, unit, quantity, unit_usd: unitUsd, usd }) => html`
          <div key=${sku}>
            <dt><code>${sku}</code></dt>
            <dd class="number">${quantity} × ${formatUnitPrice(unitUsd)} ${unitWord(unit)} = ${h(Money, { usd })}</dd>
          </div>
        `,
      )}
      ${estimate.reason && html`<div><dt>Why unknown</dt><dd>${estimate.reason}</dd></div>`}
      <div>
        <dt>Learned</dt>
        <dd>
          ${
            estimate.learned
              ? `bills are ${estimate.learned.ratio.toFixed(3)} of the list price, from ${estimate.learned.samples}`
              : 'nothing yet: no bill of this model for such a clip'
          }
        </dd>
      </div>
      <div>
        <dt>Time</dt>
        <dd>${formatSeconds(expected.p50)}, nine of ten within ${formatSeconds(expected.p90)} (${expected.source})</dd>
      </div>
    </dl>
  `;
}

type Change = Schemas['CatalogChange'];

/** Those of one model, newest first of the last days. */
async function readChanges(id: string, signal: AbortSignal): Promise<readonly Change[]> {
  const since = new Date(Date.now() - CHANGE_DAYS * 86_400_000).toISOString();
  const query = { model: id, since, limit: MAX_CHANGES };
  const { data } = await ask(api.GET('/models/changes', { params: { query }, signal }));
  return data.toReversed();
}

function Changes({ id }: { readonly id: string }): VNode {
  const { data, problem, reload } = useResource(id, (signal) => readChanges(id, signal));
  if (problem) return h(ProblemBox, { problem, onRetry: reload });
  if (!data) return h(Skeleton, { rows: 3 });
  if (data.length === 0)
    return h(EmptyState, { title: `Nothing of it changed in the last ${CHANGE_DAYS} days.` });
  return html`
    <ul class="changes">
      ${data.map(
        ({ at, kind, fields }: Change) => html`
          <li key=${at}>
            ${h(Time, { at })} <span>${kind}</span>
            ${fields.map(
              ({ field, before, after }) => html`
                <div key=${field}><code>${field}</code> <del>${JSON.stringify(before)}</del> → <ins>${JSON.stringify(after)}</ins></div>
              `,
            )}
          </li>
        `,
      )}
    </ul>
  `;
}
