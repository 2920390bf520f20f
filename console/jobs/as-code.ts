// A job's order as a command, as a program, and as a call over MCP: to order the same clip again from elsewhere.

import type { VNode } from 'preact';
import { h, html } from '../html.ts';
import { CodeBlock } from '../parts/copy.ts';
import { toCurl, toMcp, toTypeScript } from '../snippets.ts';
import type { Job } from './status.ts';

export function AsCode({ job }: { readonly job: Job }): VNode {
  const order = {
    ...job.request,
    ...(job.tags.length > 0 && { tags: job.tags }),
    ...(job.reference !== null && { reference: job.reference }),
  };
  const snippet = {
    origin: location.origin,
    path: '/jobs',
    body: order,
    // Of its own: with the key of this job it would be answered with this job.
    headers: { 'idempotency-key': `again-${job.id}` },
  };
  const block = (summary: string, what: string, text: string) => html`
    <details class="refused"><summary>${summary}</summary>${h(CodeBlock, { text, what })}</details>
  `;
  return html`
    ${block('As curl', 'the command', toCurl(snippet))}
    ${block('As TypeScript', 'the program', toTypeScript(snippet, ['id', 'status']))}
    ${block('As a call over MCP', 'the call', toMcp(location.origin, 'quote_clip', order))}
    <p class="quiet small">Each orders the clip once more, or quotes it; pictures are shown by their length here and have to be put in.</p>
  `;
}
