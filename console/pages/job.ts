// One job: its clip, what happened to it and when, what it cost and why, what was asked, and what can be done with it.

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { formatBytes, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { Actions } from '../jobs/actions.ts';
import { promptOf } from '../jobs/filter.ts';
import { useJobChanges } from '../jobs/live.ts';
import { RequestView } from '../jobs/request-view.ts';
import { type Job, JobState } from '../jobs/status.ts';
import { toTimeline } from '../jobs/timeline.ts';
import { CopyButton } from '../parts/copy.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { Money } from '../parts/money.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { Time } from '../parts/time.ts';
import { Timeline } from '../parts/timeline.ts';
import { useResource } from '../resource.ts';
import { addressOf } from '../router.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';
import { useSession } from '../session.ts';

export function JobPage({ params }: PageProps): VNode {
  const { id = '' } = params;
  const { who } = useSession();
  const read = useResource(id, (signal) => ask(api.GET('/jobs/{id}', { params: { path: { id } }, signal })));
  const [changed, setChanged] = useState<Job | null>(null);
  useEffect(() => setChanged(null), [read.data]);
  const job = changed ?? read.data;
  const isOpen = job !== null && !job.ended;
  useJobChanges(isOpen ? `/jobs/${encodeURIComponent(id)}/events` : null, {
    onJob: setChanged,
    onMissed: read.reload,
  });

  if (read.problem) return h(ProblemBox, { problem: read.problem, onRetry: read.reload });
  if (!job) return h(Skeleton, { rows: 10 });
  return html`
    <header class="page-header">
      <h1 class="prompt">${promptOf(job) || 'A job'}</h1>
      <p class="quiet"><code class="id">${job.id}</code> ${h(CopyButton, { text: job.id, what: 'the job id' })}</p>
      <span class="push">${h(Actions, { job, onDone: read.reload })}</span>
    </header>
    <div class="columns">
      <section>
        ${h(Clip, { job })}
        <h2>What was asked</h2>
        ${h(RequestView, { job, key: job.erased_at ?? '' })}
      </section>
      <section>
        <p class="job-state" role="status">${h(JobState, { status: job.status })}
          ${job.status_detail && html`<span class="quiet">${job.status_detail}</span>`}</p>
        ${job.error && html`<p class="problem-box"><span>${job.error.message}</span> <code>${job.error.code}</code></p>`}
        ${h(Timeline, { events: toTimeline(job) })}
        <h2>Money</h2>
        ${h(Bill, { job })}
        <h2>Why this model</h2>
        ${h(Reasons, { job })}
        <h2>About it</h2>
        ${h(Facts, { job })}
        ${who.kind !== 'client' && html`<h2>Decisions</h2>${h(Decisions, { job })}`}
      </section>
    </div>
  `;
}

function Clip({ job }: { readonly job: Job }): VNode {
  if (job.erased_at !== null) {
    return html`<div class="clip-frame"><p>Erased ${h(Time, { at: job.erased_at })}.</p></div>`;
  }
  if (job.outputs.length === 0) {
    return html`<div class="clip-frame"><p class="quiet">${job.ended ? 'There is no clip.' : 'The clip appears here once it is made.'}</p></div>`;
  }
  return html`
    ${job.outputs.map(
      ({ index, url, bytes }) => html`
        <figure key=${index} class="clip">
          <video src=${url} controls preload="metadata" playsinline aria-label=${`Clip ${index + 1} of this job`}></video>
          <figcaption class="quiet small">
            ${bytes === null ? 'not stored here yet, played from OpenRouter' : formatBytes(bytes)} ·${' '}
            <a href=${url} download=${`${job.id}-${index}.mp4`}>Download</a>
          </figcaption>
        </figure>
      `,
    )}
  `;
}

/** `+4.2 %`: how far a bill is from its estimate. */
function difference({ estimated_usd: estimated, actual_usd: actual }: Job['cost']): string | null {
  if (estimated === null || actual === null || estimated === 0) return null;
  const percent = (actual / estimated - 1) * 100;
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent).toFixed(1)} %`;
}

function Bill({ job }: { readonly job: Job }): VNode {
  const { cost, attempts, ended } = job;
  const percent = difference(cost);
  return html`
    <dl class="facts">
      <div><dt>Estimate</dt><dd>${h(Money, { usd: cost.estimated_usd })}</dd></div>
      <div><dt>At most</dt><dd>${h(Money, { usd: cost.ceiling_usd })}
        ${!ended && cost.ceiling_usd !== null && html`<span class="quiet small">held in its budgets</span>`}</dd></div>
      <div><dt>Bill</dt><dd>${
        !ended && cost.actual_usd === null
          ? html`<span class="quiet">not yet</span>`
          : h(Money, { usd: cost.actual_usd })
      } ${percent && html`<span class="quiet small">${percent} of the estimate</span>`}
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

const ASKED = ['prompt', 'duration', 'resolution', 'aspect_ratio', 'size', 'generate_audio'] as const;

/** The order's ranking is not kept: the same clip is ranked by the catalog of today. */
function Reasons({ job }: { readonly job: Job }): VNode {
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
    <p><span class="model-id">${job.model}</span> was ordered for ${formatUsd(job.cost.estimated_usd)}.${' '}
      <a href=${addressOf('/explore', clip)}>How today’s catalog ranks this clip</a></p>
  `;
}

function Facts({ job }: { readonly job: Job }): VNode {
  const { callback } = job;
  const fact = (name: string, content: unknown) => html`<div><dt>${name}</dt><dd>${content}</dd></div>`;
  const jobLink = (id: string) => html`<a href=${addressOf(`/jobs/${id}`)}><code class="id">${id}</code></a>`;
  return html`
    <dl class="facts">
      ${fact('Model', html`<a class="model-id" href=${addressOf(`/models/${job.model}`)}>${job.model}</a>`)}
      ${fact('Client', html`<a href=${addressOf('/jobs', { client: job.client })}>${job.client}</a>${job.key_id && html` <code class="id quiet">${job.key_id}</code>`}`)}
      ${
        job.tags.length > 0 &&
        fact(
          'Tags',
          job.tags.map(
            (tag) => html`<a key=${tag} class="tag" href=${addressOf('/jobs', { tag })}>${tag}</a> `,
          ),
        )
      }
      ${job.reference !== null && fact('Reference', html`<a href=${addressOf('/jobs', { reference: job.reference })}>${job.reference}</a>`)}
      ${job.resubmit_of !== null && fact('Sends again', jobLink(job.resubmit_of))}
      ${job.idempotency_key !== null && fact('Idempotency-Key', html`<code class="id">${job.idempotency_key}</code>`)}
      ${job.request_id !== null && fact('Request', html`<code class="id">${job.request_id}</code> ${h(CopyButton, { text: job.request_id, what: 'the request id' })}`)}
      ${job.upstream.id !== null && fact('OpenRouter’s id', html`<code class="id">${job.upstream.id}</code> ${h(CopyButton, { text: job.upstream.id, what: 'OpenRouter’s id' })}`)}
      ${job.expected_at !== null && fact('Expected', h(Time, { at: job.expected_at }))}
      ${
        callback !== null &&
        fact(
          'Callback',
          html`${callback.status} after ${callback.attempts} ${callback.attempts === 1 ? 'try' : 'tries'} to <code class="id">${callback.url}</code>
            ${callback.next_at !== null && html`, next ${h(Time, { at: callback.next_at })}`}
            ${callback.last_error !== null && html`<br /><span class="quiet small">${callback.last_error}</span>`}`,
        )
      }
    </dl>
  `;
}

type Decision = Schemas['Audit']['data'][number];

function Decisions({ job }: { readonly job: Job }): VNode {
  const { data, problem, reload } = useResource(`${job.id} ${job.updated_at}`, (signal) =>
    ask(api.GET('/jobs/{id}/audit', { params: { path: { id: job.id } }, signal })),
  );
  if (problem) return h(ProblemBox, { problem, onRetry: reload });
  if (!data) return h(Skeleton, { rows: 2 });
  if (data.data.length === 0) return h(EmptyState, { title: 'No operator has decided anything about it.' });
  return html`
    <ul class="list">
      ${data.data.map(
        ({ at, operator, action, reason }: Decision) => html`
          <li key=${`${at} ${action}`}>${h(Time, { at })} <strong>${operator}</strong> ${action.replaceAll('_', ' ')}: ${reason}</li>
        `,
      )}
    </ul>
  `;
}
