// One job: its clip, what happened to it and when, what it cost and why, what was asked, and what can be done with it.

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { formatBytes } from '../format.ts';
import { h, html } from '../html.ts';
import { Actions } from '../jobs/actions.ts';
import { AsCode } from '../jobs/as-code.ts';
import { CallbackAttempts } from '../jobs/callback-attempts.ts';
import { promptOf } from '../jobs/filter.ts';
import { useJobChanges } from '../jobs/live.ts';
import { Reasons } from '../jobs/ranking.ts';
import { RequestView } from '../jobs/request-view.ts';
import { type Job, JobState } from '../jobs/status.ts';
import { toTimeline } from '../jobs/timeline.ts';
import { Working } from '../jobs/working.ts';
import { CopyButton } from '../parts/copy.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { Time } from '../parts/time.ts';
import { Timeline } from '../parts/timeline.ts';
import { useResource } from '../resource.ts';
import { addressOf } from '../router.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';
import { useSession } from '../session.ts';

/** What the stream of changes leaves out. */
const INCLUDED = ['plan', 'callback_attempts'] as const;

export function JobPage({ params }: PageProps): VNode {
  const { id = '' } = params;
  const { who } = useSession();
  const read = useResource(id, (signal) =>
    ask(api.GET('/jobs/{id}', { params: { path: { id }, query: { include: [...INCLUDED] } }, signal })),
  );
  const [changed, setChanged] = useState<Job | null>(null);
  useEffect(() => setChanged(null), [read.data]);
  const job = changed && read.data ? withKept(changed, read.data) : read.data;
  const isOpen = job !== null && !job.ended;
  useJobChanges(isOpen ? `/jobs/${encodeURIComponent(id)}/events` : null, {
    onJob: setChanged,
    onMissed: read.reload,
  });

  // What its end brings beside it, such as the attempts of its callback.
  const hasEnded = changed?.ended === true;
  useEffect(() => {
    if (hasEnded) read.reload();
  }, [hasEnded]);

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
        ${job.erased_at === null && html`<h2>As code</h2>${h(AsCode, { job })}`}
      </section>
      <section>
        <p class="job-state" role="status">${h(JobState, { status: job.status })}
          ${job.status_detail && html`<span class="quiet">${job.status_detail}</span>`}</p>
        ${job.error && html`<p class="problem-box"><span>${job.error.message}</span> <code>${job.error.code}</code></p>`}
        ${h(Timeline, { events: toTimeline(job) })}
        <h2>Money</h2>
        ${h(Working, { job })}
        <h2>Why this model</h2>
        ${h(Reasons, { job })}
        ${job.callback && html`<h2>Callback</h2>${h(CallbackAttempts, { callback: job.callback, attempts: job.callback_attempts ?? [] })}`}
        <h2>About it</h2>
        ${h(Facts, { job })}
        ${who.kind !== 'client' && html`<h2>Decisions</h2>${h(Decisions, { job })}`}
      </section>
    </div>
  `;
}

/** A change of the job with what was read of it before. */
const withKept = (changed: Job, { plan, callback_attempts: attempts }: Job): Job => ({
  ...changed,
  ...(plan !== undefined && { plan }),
  ...(attempts !== undefined && { callback_attempts: attempts }),
});

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

function Facts({ job }: { readonly job: Job }): VNode {
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
