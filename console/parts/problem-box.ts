// What went wrong: the problem's own sentence, its fields, its code, and the request id to look up in the log.

import type { VNode } from 'preact';
import { h, html } from '../html.ts';
import type { ApiProblem } from '../problem.ts';
import { CopyButton } from './copy.ts';

interface ProblemBoxProps {
  readonly problem: ApiProblem;
  /** Asks again; null = there is nothing to ask again. */
  readonly onRetry?: (() => void) | null;
}

export function ProblemBox({ problem, onRetry = null }: ProblemBoxProps): VNode {
  const errors = problem.body?.errors ?? [];
  return html`
    <div class="problem-box" role="alert">
      <p>${problem.message}</p>
      ${
        errors.length > 0 &&
        html`<ul>
          ${errors.map(({ pointer, message }) => html`<li><code>${pointer === '' ? 'body' : pointer}</code> ${message}</li>`)}
        </ul>`
      }
      <p class="quiet small">
        <code>${problem.code}</code>
        ${
          problem.requestId !== null &&
          html` · request <code>${problem.requestId}</code> ${h(CopyButton, { text: problem.requestId, what: 'the request id' })}`
        }
        ${onRetry && html`<button type="button" class="link-button" onClick=${onRetry}>Try again</button>`}
      </p>
    </div>
  `;
}
