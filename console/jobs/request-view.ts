// The request of a job as it was sent: its members as text, its pictures small, never as base64.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { h, html } from '../html.ts';
import { CodeBlock } from '../parts/copy.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { useResource } from '../resource.ts';
import type { Job } from './status.ts';

const PICTURE = /^data:image\/(?:png|jpeg|webp|gif|avif);base64,[A-Za-z0-9+/=]+$/;
const SHORTENED = /^data:image\/[\w.+-]+;base64,\[/;

/** Every string of a value that `matches`, wherever it stands. */
function findStrings(value: unknown, matches: (text: string) => boolean): string[] {
  if (typeof value === 'string') return matches(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((member) => findStrings(member, matches));
}

export function RequestView({ job }: { readonly job: Job; readonly key: string }): VNode {
  const [isWhole, setWhole] = useState(false);
  const whole = useResource(isWhole ? job.id : null, (signal) =>
    ask(api.GET('/jobs/{id}', { params: { path: { id: job.id }, query: { include: ['request'] } }, signal })),
  );
  const hasPictures = findStrings(job.request, (text) => SHORTENED.test(text)).length > 0;
  const pictures = whole.data ? findStrings(whole.data.request, (text) => PICTURE.test(text)) : [];
  return html`
    ${h(CodeBlock, { what: 'the request', text: JSON.stringify(job.request, null, 2) })}
    ${
      hasPictures &&
      !isWhole &&
      html`<p><button type="button" class="link-button" onClick=${() => setWhole(true)}>Show its pictures</button></p>`
    }
    ${whole.problem && h(ProblemBox, { problem: whole.problem, onRetry: whole.reload })}
    ${
      pictures.length > 0 &&
      html`<ul class="pictures">
        ${pictures.map((url, index) => html`<li key=${index}><img src=${url} alt=${`Picture ${index + 1} of the request`} /></li>`)}
      </ul>`
    }
  `;
}
