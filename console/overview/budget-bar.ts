// A budget as a bar to its limit: what is spent, what is held above it, and where it is heading.

import type { ComponentChildren, VNode } from 'preact';
import { formatTime, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { State } from '../parts/state.ts';
import { useNow } from '../parts/time.ts';
import type { Schemas } from '../schemas.ts';
import { figureBudget } from './figures.ts';

const percent = (share: number): string => `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(2)}%`;

const nameOf = ({ scope, period }: Schemas['Budget']): string => {
  const whose =
    scope.kind === 'all' ? 'Everything' : `${scope.kind === 'client' ? 'Client' : 'Key'} ${scope.id ?? ''}`;
  return period === 'none' ? whose : `${whose}, this ${period}`;
};

interface BudgetBarProps {
  readonly budget: Schemas['Budget'];
  /** Stands below. */
  readonly children?: ComponentChildren;
}

export function BudgetBar({ budget, children }: BudgetBarProps): VNode {
  const now = useNow();
  const { limitUsd, spentUsd, heldUsd, passed, projectedUsd } = figureBudget(budget, now);
  const { resets_at: resetsAt, unknown_jobs: unknownJobs } = budget.window;
  const scale = Math.max(limitUsd, spentUsd + heldUsd, projectedUsd ?? 0) || 1;
  const isReached = limitUsd - spentUsd - heldUsd <= 0;
  const isHeading = projectedUsd !== null && projectedUsd > limitUsd;
  const words = `${formatUsd(spentUsd)} spent and ${formatUsd(heldUsd)} held of ${formatUsd(limitUsd)}`;
  return html`
    <li class="budget">
      <div class="budget-name">
        <strong>${nameOf(budget)}</strong>
        ${isReached ? h(State, { tone: 'bad', word: 'reached' }) : isHeading ? h(State, { tone: 'wait', word: 'will be exceeded' }) : null}
        ${!budget.hard && html`<span class="quiet small">soft</span>`}
      </div>
      <svg class="budget-bar" role="img" aria-label=${words} preserveAspectRatio="none">
        <title>${words}</title>
        <rect class="budget-frame" x="0" y="5" width=${percent(limitUsd / scale)} height="10" rx="2" />
        <rect class="budget-held" x=${percent(spentUsd / scale)} y="5" width=${percent(heldUsd / scale)} height="10" />
        <rect class="budget-spent" x="0" y="5" width=${percent(spentUsd / scale)} height="10" rx="2" />
        <line class="bar-ceiling" x1=${percent(limitUsd / scale)} x2=${percent(limitUsd / scale)} y1="2" y2="18" />
        ${projectedUsd !== null && html`<line class="budget-projected" x1=${percent(spentUsd / scale)} x2=${percent(projectedUsd / scale)} y1="10" y2="10" />`}
      </svg>
      <div class="small quiet number">
        ${words}${unknownJobs > 0 ? `, ${unknownJobs} of unknown cost` : ''}.
        ${
          projectedUsd !== null &&
          resetsAt !== null &&
          ` At this pace ${formatUsd(projectedUsd)} by ${formatTime(Date.parse(resetsAt))}; ${Math.round((passed ?? 0) * 100)}% of the time has passed.`
        }
      </div>
      ${children}
    </li>
  `;
}
