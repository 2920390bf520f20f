// What wants a person, first of all: buying that is held, alarms with what to do, submits whose outcome is unknown.

import type { VNode } from 'preact';
import { count, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { State } from '../parts/state.ts';
import { Time } from '../parts/time.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';

type Overview = Schemas['Overview'];
type Operations = NonNullable<Overview['operations']>;
type Alarm = Operations['alarms'][number];

export function NeedsPerson({ overview }: { readonly overview: Overview }): VNode | null {
  const { operations, unknown_submissions: unknown } = overview;
  const alarms = operations?.alarms ?? [];
  const active = alarms.filter((alarm) => alarm.active);
  const isHeld = operations?.submissions.held === true;
  if (unknown.data.length === 0 && alarms.length === 0 && !isHeld) return null;
  const isUrgent = unknown.data.length > 0 || active.length > 0 || isHeld;
  return html`
    <section class=${isUrgent ? 'needs-person' : 'needs-person over'} aria-label="Needs a person">
      <h2>${isUrgent ? 'Needs a person' : 'Alarms of the last 24 hours'}</h2>
      ${operations && isHeld && h(Held, { hold: operations.submissions })}
      ${
        unknown.data.length > 0 &&
        html`
          <p>Whether OpenRouter took ${unknown.data.length === 1 ? 'this job' : 'these jobs'} is unknown. A webhook settles it, or an operator who looks it up: open the job, then <em>Resolve</em>.</p>
          <ul>
            ${unknown.data.map(
              ({ id, model, client, ceiling_usd: ceiling, created_at: at }) => html`
                <li key=${id}>
                  <a class="id" href=${addressOf(`/jobs/${id}`)}>${id}</a> ${model} for ${client}, at most ${formatUsd(ceiling)}, ${h(Time, { at })}
                </li>
              `,
            )}
          </ul>
          ${unknown.has_more && html`<p><a href=${addressOf('/jobs', { status: 'unknown' })}>All of them</a></p>`}
        `
      }
      ${alarms.length > 0 && html`<ul class="alarms">${alarms.map((alarm) => h(AlarmEntry, { key: alarm.alarm, alarm }))}</ul>`}
      ${alarms.length > 0 && operations && html`<p class="small quiet">As <code>${operations.instance}</code> raised them; each replica raises its own.</p>`}
    </section>
  `;
}

const Held = ({ hold }: { readonly hold: Operations['submissions'] }): VNode => html`
  <p>
    ${h(State, { tone: 'bad', word: 'buying is held' })} by ${hold.operator}${hold.since && html`, ${h(Time, { at: hold.since })}`}: ${hold.reason}
    <span class="quiet"> Release it with <code>POST /operations/resume</code>.</span>
  </p>
`;

/** Where an alarm's last line leads to. */
function placeOf({ about }: Alarm): readonly [address: string, word: string] | null {
  const text = (name: string) => (typeof about[name] === 'string' ? about[name] : null);
  const job = text('job_id');
  if (job) return [addressOf(`/jobs/${job}`), 'the job'];
  if (text('budget_id')) return [addressOf('/access'), 'the budgets'];
  const model = text('model');
  return model ? [addressOf(`/models/${model}`), model] : null;
}

function AlarmEntry({ alarm }: { readonly alarm: Alarm }): VNode {
  const place = placeOf(alarm);
  return html`
    <li>
      <div>
        ${h(State, { tone: alarm.active ? 'bad' : 'quiet', word: alarm.alarm })}
        <span class="quiet">
          since ${h(Time, { at: alarm.since })}${alarm.count > 1 && html`, ${count(alarm.count, 'time')}, last ${h(Time, { at: alarm.last_at })}`}${!alarm.active && ', not lasting'}
        </span>
      </div>
      <div>${alarm.happened} <strong>To do:</strong> ${alarm.action}${place && html` <a href=${place[0]}>Open ${place[1]}</a>`}</div>
    </li>
  `;
}
