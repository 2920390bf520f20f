// The budgets of all scopes: made, changed, and adjusted for the present window.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { BudgetBar } from '../overview/budget-bar.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { type Answers, FormDialog } from '../parts/form-dialog.ts';
import type { Schemas } from '../schemas.ts';

type Budget = Schemas['Budget'];
type Open = { readonly kind: 'create' } | { readonly kind: 'limit' | 'adjust'; readonly budget: Budget };

const PERIODS: readonly (readonly [Budget['period'], string])[] = [
  ['month', 'a month'],
  ['week', 'a week, from Monday'],
  ['day', 'a day'],
  ['none', 'in all'],
];

interface BudgetsProps {
  readonly budgets: readonly Budget[];
  readonly clients: readonly string[];
  readonly canChange: boolean;
  readonly onChanged: () => void;
}

export function BudgetsSection({ budgets, clients, canChange, onChanged }: BudgetsProps): VNode {
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const done = () => {
    close();
    onChanged();
  };
  return html`
    <div class="section-header">
      <h2>Budgets</h2>
      ${canChange && html`<button type="button" class="button" onClick=${() => setOpen({ kind: 'create' })}>New budget</button>`}
    </div>
    ${
      budgets.length > 0
        ? html`<ul class="budgets">
            ${budgets.map(
              (budget) => html`
                ${h(BudgetBar, { key: budget.id, budget })}
                ${
                  canChange &&
                  html`<li key=${`${budget.id} acts`} class="budget-acts">
                    <button type="button" class="link-button" onClick=${() => setOpen({ kind: 'limit', budget })}>Change its limit</button>
                    ${' '}
                    <button type="button" class="link-button" onClick=${() => setOpen({ kind: 'adjust', budget })}>Adjust this window</button>
                  </li>`
                }
              `,
            )}
          </ul>`
        : h(EmptyState, { title: 'No budget limits what is spent.' })
    }
    ${open?.kind === 'create' && h(CreateBudget, { clients, onClose: close, onDone: done })}
    ${open?.kind === 'limit' && h(ChangeLimit, { budget: open.budget, onClose: close, onDone: done })}
    ${open?.kind === 'adjust' && h(AdjustWindow, { budget: open.budget, onClose: close, onDone: done })}
  `;
}

interface DialogProps {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const CreateBudget = ({
  clients,
  onClose,
  onDone,
}: DialogProps & { readonly clients: readonly string[] }): VNode =>
  h(FormDialog, {
    title: 'New budget',
    effect: 'A hard budget refuses what does not fit; a soft one only reports its thresholds.',
    word: 'Make budget',
    inputs: [
      {
        name: 'scope',
        label: 'What it counts',
        choices: [
          ['client', 'one client'],
          ['key', 'one key'],
          ['all', 'everything'],
        ],
      },
      {
        name: 'id',
        label: 'Client, or id of the key',
        suggestions: clients,
        isRequired: true,
        isAsked: ({ scope }) => scope !== 'all',
      },
      { name: 'limit', label: 'Limit in dollars', type: 'number', isRequired: true },
      { name: 'period', label: 'Limit for', choices: PERIODS },
      {
        name: 'zone',
        label: 'Time zone',
        hint: 'Where days, weeks and months begin.',
        initial: Intl.DateTimeFormat().resolvedOptions().timeZone,
        isAsked: ({ period }) => period !== 'none',
      },
      {
        name: 'hard',
        label: 'Kind',
        choices: [
          ['yes', 'hard: refuses'],
          ['no', 'soft: reports'],
        ],
      },
    ],
    onClose,
    async onSubmit({ scope, id = '', limit, period, zone, hard }: Answers) {
      const body = {
        scope:
          scope === 'all'
            ? { kind: 'all' as const }
            : { kind: scope === 'key' ? ('key' as const) : ('client' as const), id },
        limit_usd: Number(limit),
        period: PERIODS.find(([value]) => value === period)?.[0] ?? 'month',
        hard: hard === 'yes',
        ...(zone && { time_zone: zone }),
      };
      await ask(api.POST('/budgets', { body }));
      onDone();
    },
  });

const ChangeLimit = ({ budget, onClose, onDone }: DialogProps & { readonly budget: Budget }): VNode =>
  h(FormDialog, {
    title: 'Change the limit',
    effect: `It is ${formatUsd(budget.limit_usd)} now. The new limit holds at once, also for the present window.`,
    word: 'Change limit',
    inputs: [
      {
        name: 'limit',
        label: 'Limit in dollars',
        type: 'number',
        initial: String(budget.limit_usd),
        isRequired: true,
      },
    ],
    confirm: ({ limit }) => `From now on ${formatUsd(Number(limit))} may be spent in each window.`,
    onClose,
    async onSubmit({ limit }: Answers) {
      const params = { path: { id: budget.id } };
      await ask(api.PATCH('/budgets/{id}', { params, body: { limit_usd: Number(limit) } }));
      onDone();
    },
  });

const AdjustWindow = ({ budget, onClose, onDone }: DialogProps & { readonly budget: Budget }): VNode =>
  h(FormDialog, {
    title: 'Adjust this window',
    effect: 'Changes what may be spent in the present window alone.',
    word: 'Adjust',
    inputs: [
      {
        name: 'sign',
        label: 'What it does',
        choices: [
          ['1', 'a credit: more may be spent'],
          ['-1', 'a charge: less may be spent'],
        ],
      },
      { name: 'usd', label: 'Dollars', type: 'number', isRequired: true },
      { name: 'reason', label: 'Reason, for the audit log', isRequired: true },
    ],
    confirm: ({ sign, usd }) =>
      `${formatUsd(Number(usd))} ${sign === '1' ? 'more' : 'less'} may be spent until this window ends.`,
    onClose,
    async onSubmit({ sign, usd, reason = '' }: Answers) {
      const params = { path: { id: budget.id } };
      const body = { usd: Number(sign) * Number(usd), reason };
      await ask(api.POST('/budgets/{id}/adjustments', { params, body }));
      onDone();
    },
  });
