// The route explorer: describe a clip, see which models can make it, at what price and why in that order; buy one.

import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { findAnswer } from '../explore/answer.ts';
import { Candidates, weightsOf } from '../explore/candidates.ts';
import { Purchase } from '../explore/purchase.ts';
import {
  applyChange,
  type Frames,
  NO_FRAMES,
  type Question,
  readQuestion,
  toBody,
  toQuery,
} from '../explore/question.ts';
import { QuestionForm } from '../explore/question-form.ts';
import { NearestChips, Refused } from '../explore/refusals.ts';
import { ReplaySection } from '../explore/replay-section.ts';
import { count, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { CodeBlock } from '../parts/copy.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { useResource } from '../resource.ts';
import { addressOf, navigate } from '../router.ts';
import type { PageProps } from '../routes.ts';
import { mayWrite, useSession } from '../session.ts';
import { toCurl, toMcp, toTypeScript } from '../snippets.ts';

const AFTER_MS = 250;

export function ExplorePage({ query }: PageProps): VNode {
  const { who } = useSession();
  const question = readQuestion(query);
  const [frames, setFrames] = useState<Frames>(NO_FRAMES);
  const [buying, setBuying] = useState<string | null>(null);
  const asked = JSON.stringify(toQuery(question));
  const body = useMemo(() => toBody(question, frames), [asked, frames]);
  const pictures = [frames.first_frame, frames.last_frame].map((url) => url?.length ?? 0).join(' ');
  const {
    data: answer,
    problem,
    isLoading,
  } = useResource(`${asked} ${pictures}`, (signal) => findAnswer(body, signal), { afterMs: AFTER_MS });

  const change = (next: Question, nextFrames: Frames) => {
    setFrames(nextFrames);
    navigate(addressOf('/explore', toQuery(next)), 'replace');
  };
  const apply = (suggested: Readonly<Record<string, unknown>>) => {
    const { question: next, frames: nextFrames } = applyChange(question, frames, suggested);
    setFrames(nextFrames);
    // A step of its own: the way back is one press.
    navigate(addressOf('/explore', toQuery(next)));
  };
  const budget = Number(question.max_cost_usd);
  const snippet = { origin: location.origin, path: '/route', body };

  return html`
    <header class="page-header"><h1>Route explorer</h1></header>
    <div class="explorer">
      ${h(QuestionForm, { question, frames, problem, appliedWeights: weightsOf(answer?.route ?? null), onChange: change })}
      <div class=${isLoading && answer ? 'dimmed' : ''} aria-busy=${isLoading ? 'true' : 'false'}>
        ${problem && h(ProblemBox, { problem })}
        ${!answer && !problem && h(Skeleton, { rows: 10 })}
        ${
          answer &&
          html`
            <p class="verdict" role="status">
              ${
                answer.route
                  ? html`<strong>${answer.route.selected}</strong> for at most <span class="number">${formatUsd(answer.route.quote_ceiling_usd)}</span>: ${answer.route.why}.`
                  : `None of ${count(answer.rejected.length, 'model')} can make this clip.`
              }
            </p>
            ${
              answer.route || answer.rejected.some(({ reasons }) => reasons[0]?.code === 'over_budget')
                ? h(Candidates, {
                    answer,
                    budgetUsd: budget > 0 ? budget : null,
                    onBuy: mayWrite(who) ? setBuying : null,
                  })
                : h(EmptyState, { title: 'Each model says below what it has instead.' })
            }
            ${h(NearestChips, { nearest: answer.nearest, onApply: apply })}
            ${h(Refused, { rejected: answer.rejected })}
          `
        }
        ${h(ReplaySection, { priority: question.priority })}
        <section>
          <h2>As code</h2>
          <details class="refused"><summary>As curl</summary>${h(CodeBlock, { text: toCurl(snippet), what: 'the command' })}</details>
          <details class="refused"><summary>As TypeScript</summary>${h(CodeBlock, { text: toTypeScript(snippet, ['selected', 'candidates', 'quote']), what: 'the program' })}</details>
          <details class="refused"><summary>As a call over MCP</summary>${h(CodeBlock, { text: toMcp(location.origin, 'quote_clip', body), what: 'the call' })}</details>
        </section>
      </div>
    </div>
    ${
      buying !== null &&
      h(Purchase, {
        key: buying,
        model: buying,
        body,
        hasPrompt: question.prompt.trim() !== '',
        onClose: () => setBuying(null),
      })
    }
  `;
}
