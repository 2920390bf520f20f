// Whether clips are bought at the moment, on top of every page.

import type { VNode } from 'preact';
import { api } from './api.ts';
import { h, html } from './html.ts';
import { State } from './parts/state.ts';
import { ApiProblem } from './problem.ts';
import { useResource } from './resource.ts';
import type { Schemas } from './schemas.ts';

const EVERY_MS = 30_000;

/** A gateway that is not ready answers 503 with the same checks. */
async function readChecks(signal: AbortSignal): Promise<Schemas['Readiness']['checks']> {
  const { data, error } = await api.GET('/readyz', { signal });
  const checks = (data ?? (error as Schemas['Readiness'] | undefined))?.checks;
  if (checks) return checks;
  throw new ApiProblem('The gateway does not say whether it is ready.', {
    code: 'unreachable',
    status: null,
    body: null,
  });
}

export function Submissions(): VNode | null {
  const { data, problem } = useResource('readiness', readChecks, { everyMs: EVERY_MS });
  if (problem)
    return html`<span class="submissions">${h(State, { tone: 'bad', word: 'unreachable' })}</span>`;
  if (!data) return null;
  const { ok, detail } = data.submissions;
  return html`
    <span class="submissions" title=${detail} tabindex="0">
      ${h(State, { tone: ok ? 'good' : 'bad', word: ok ? 'buying' : 'buying is paused' })}
      <span class="visually-hidden">${detail}</span>
    </span>
  `;
}
