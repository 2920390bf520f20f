// The budgets, most used first: each as a bar, and the line of what was spent to the end of its window.

import type { VNode } from 'preact';
import { h, html } from '../html.ts';
import { EmptyState } from '../parts/empty-state.ts';
import type { Schemas } from '../schemas.ts';
import { BudgetBar } from './budget-bar.ts';
import { BurnDown } from './burn-down.ts';
import { usedShare } from './figures.ts';

/** So many are drawn as lines; the others are bars. */
const MAX_LINES = 4;

export function BudgetList({ budgets }: { readonly budgets: readonly Schemas['Budget'][] }): VNode {
  if (budgets.length === 0) {
    return h(EmptyState, {
      title: 'No budget limits what is spent.',
      children: html`<p>An operator makes one under <em>Access</em>, or with <code>POST /budgets</code>.</p>`,
    });
  }
  const sorted = budgets.toSorted((one, other) => usedShare(other) - usedShare(one));
  return html`
    <ul class="budgets">
      ${sorted.map((budget, index) =>
        h(BudgetBar, {
          key: budget.id,
          budget,
          children: index < MAX_LINES && budget.burn_down ? h(BurnDown, { budget }) : null,
        }),
      )}
    </ul>
  `;
}
