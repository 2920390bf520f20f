// Jobs by state: those that have not ended, and those that ended in the last day. Each number opens its jobs.

import type { VNode } from 'preact';
import { h, html } from '../html.ts';
import { JobState, STATUSES, statusWord } from '../jobs/status.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';

type Jobs = Schemas['Overview']['jobs'];
type Count = Jobs['open'][number];

export function JobCounts({ jobs }: { readonly jobs: Jobs }): VNode {
  const { open, ended, ended_since: since } = jobs;
  if (open.length + ended.length === 0) {
    return h(EmptyState, {
      title: 'No job runs, and none has ended in the last 24 hours.',
      children: html`<p><a href=${addressOf('/explore')}>Order a clip</a></p>`,
    });
  }
  return html`
    <div class="job-counts">
      ${h(Counts, { title: 'Now', counts: open, since: null })}
      ${h(Counts, { title: 'Ended in 24 hours', counts: ended, since })}
    </div>
  `;
}

interface CountsProps {
  readonly title: string;
  readonly counts: readonly Count[];
  /** ISO 8601; null = whenever they were ordered. */
  readonly since: string | null;
}

const Counts = ({ title, counts, since }: CountsProps): VNode => html`
  <div>
    <h3>${title}</h3>
    ${
      counts.length === 0
        ? html`<p class="quiet">none</p>`
        : html`<dl class="counts">
            ${counts
              .toSorted((one, other) => STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status))
              .map(
                ({ status, jobs }) => html`
                  <div key=${status}>
                    <dt>${h(JobState, { status })}</dt>
                    <dd class="number"><a href=${addressOf('/jobs', { status, since })} aria-label=${`${jobs} ${statusWord(status)}: show them`}>${jobs}</a></dd>
                  </div>
                `,
              )}
          </dl>`
    }
  </div>
`;
