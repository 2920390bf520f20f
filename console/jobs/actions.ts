// What a person may do with a job in its present state: each says what it does, and asks twice where money moves.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { type Answers, FormDialog, type Input } from '../parts/form-dialog.ts';
import { addressOf, navigate } from '../router.ts';
import { mayWrite, useSession, type Who } from '../session.ts';
import type { Job } from './status.ts';

interface Action {
  readonly id: string;
  readonly word: string;
  /** What it does, in one sentence. */
  readonly effect: string;
  readonly isFor: (job: Job, who: Who) => boolean;
  readonly inputs?: readonly Input[];
  /** The second question; null = there is none to ask. It names the sum where money moves. */
  readonly confirm?: (job: Job, answers: Answers) => string | null;
  readonly isDangerous?: boolean;
  /** Resolves to the address to go to; null = the job's own page. */
  run(job: Job, answers: Answers): Promise<string | null>;
}

const isOperator = ({ kind }: Who): boolean => kind === 'operator';
const reason: Input = { name: 'reason', label: 'Reason, for the audit log', isRequired: true };
const path = (job: Job) => ({ path: { id: job.id } });
const most = ({ cost }: Job): string =>
  cost.ceiling_usd === null ? 'an amount that is not known' : `up to ${formatUsd(cost.ceiling_usd)}`;

async function resolve(job: Job, { action, upstream_id: upstreamId = '', usd, reason: why = '' }: Answers) {
  const body =
    action === 'attach'
      ? { action: 'attach' as const, upstream_id: upstreamId, reason: why }
      : action === 'not_accepted'
        ? { action: 'not_accepted' as const, reason: why }
        : { action: 'write_off' as const, reason: why, ...(usd && { usd: Number(usd) }) };
  await ask(api.POST('/jobs/{id}/resolve', { params: path(job), body }));
  return null;
}

const ACTIONS: readonly Action[] = [
  {
    id: 'resolve',
    word: 'Resolve',
    effect: 'Settles a job whose submit has an unknown outcome, by what OpenRouter or its invoice says.',
    isFor: ({ status }, who) => status === 'submission_unknown' && isOperator(who),
    inputs: [
      {
        name: 'action',
        label: 'What became of it',
        choices: [
          ['attach', 'OpenRouter has it: follow it under its id'],
          ['not_accepted', 'OpenRouter never accepted it'],
          ['write_off', 'It cannot be found out: close it'],
        ],
      },
      {
        name: 'upstream_id',
        label: 'OpenRouter’s id of the job',
        isRequired: true,
        isAsked: ({ action }) => action === 'attach',
      },
      {
        name: 'usd',
        label: 'What it cost by the invoice, in dollars',
        hint: 'Empty: the bill stays unknown.',
        type: 'number',
        isAsked: ({ action }) => action === 'write_off',
      },
      reason,
    ],
    confirm: (job, { action, usd }) =>
      action === 'not_accepted'
        ? `Its Idempotency-Key is free again, and ${most(job)} that budgets hold for it is released. If OpenRouter did accept it, the next order with that key pays a second time.`
        : action === 'write_off'
          ? `${usd ? formatUsd(Number(usd)) : `The most it may have cost, ${most(job)},`} is counted as spent.`
          : null,
    run: resolve,
  },
  {
    id: 'bill',
    word: 'Enter a bill',
    effect: 'Records what the job cost, from an invoice: OpenRouter has not said it.',
    isFor: ({ ended, cost, status }, who) =>
      ended &&
      cost.actual_usd === null &&
      status !== 'rejected' &&
      status !== 'not_accepted' &&
      isOperator(who),
    inputs: [{ name: 'usd', label: 'Dollars', type: 'number', isRequired: true }, reason],
    confirm: (_job, { usd }) => `${formatUsd(Number(usd))} is counted as spent, for good.`,
    async run(job, { usd, reason: why = '' }) {
      await ask(api.POST('/jobs/{id}/bill', { params: path(job), body: { usd: Number(usd), reason: why } }));
      return null;
    },
  },
  {
    id: 'refetch',
    word: 'Download again',
    effect:
      'Downloads the clip from OpenRouter again. The stored one is replaced only by a complete download.',
    isFor: ({ status, erased_at: erasedAt }, who) =>
      status === 'completed' && erasedAt === null && isOperator(who),
    inputs: [
      {
        name: 'as_is',
        label: 'What is kept',
        choices: [
          ['no', 'only a whole MP4'],
          ['yes', 'whatever OpenRouter sends'],
        ],
      },
      reason,
    ],
    async run(job, { as_is: asIs, reason: why = '' }) {
      const body = { reason: why, ...(asIs === 'yes' && { accept_as_is: true }) };
      await ask(api.POST('/jobs/{id}/refetch', { params: path(job), body }));
      return null;
    },
  },
  {
    id: 'resubmit',
    word: 'Order again',
    effect: 'Orders the same clip of the same model again, as a job of its own.',
    isFor: ({ ended, status, erased_at: erasedAt }) =>
      // One that has its clip is ordered anew, by another way than this.
      (ended || status === 'submission_unknown') && status !== 'completed' && erasedAt === null,
    confirm: (job) =>
      job.resubmit_safe
        ? `The clip is bought for ${most(job)}. This job cost nothing.`
        : `The clip is bought for ${most(job)}, whatever this job has cost or may yet cost: it may be paid twice.`,
    async run(job) {
      const body = job.resubmit_safe ? {} : { accept_double_charge: true };
      const made = await ask(api.POST('/jobs/{id}/resubmit', { params: path(job), body }));
      return addressOf(`/jobs/${made.id}`);
    },
  },
  {
    id: 'cancel',
    word: 'Cancel',
    effect: 'Withdraws the job before it is sent to OpenRouter. Nothing is paid.',
    isFor: ({ status }) => status === 'queued',
    async run(job) {
      await ask(api.POST('/jobs/{id}/cancel', { params: path(job) }));
      return null;
    },
  },
  {
    id: 'erase',
    word: 'Erase',
    effect: 'Removes the request with its prompt and pictures, and the clip. What it cost stays on record.',
    isFor: ({ ended, erased_at: erasedAt }) => ended && erasedAt === null,
    isDangerous: true,
    confirm: () => 'Prompt, pictures and clip cannot be brought back.',
    async run(job) {
      await ask(api.DELETE('/jobs/{id}', { params: path(job) }));
      return null;
    },
  },
];

interface ActionsProps {
  readonly job: Job;
  readonly onDone: () => void;
}

export function Actions({ job, onDone }: ActionsProps): VNode {
  const { who } = useSession();
  const [open, setOpen] = useState<Action | null>(null);
  if (!mayWrite(who)) return html``;
  const close = () => setOpen(null);
  const submit = async (action: Action, answers: Answers) => {
    const address = await action.run(job, answers);
    close();
    if (address === null) onDone();
    else navigate(address);
  };
  const formOf = ({ word, effect, inputs = [], isDangerous = false, confirm }: Action) => ({
    title: word,
    word,
    effect,
    inputs,
    isDangerous,
    confirm: (answers: Answers) => confirm?.(job, answers) ?? null,
  });
  return html`
    <div class="actions">
      ${ACTIONS.filter(({ isFor }) => isFor(job, who)).map(
        (action) => html`
          <button key=${action.id} type="button" class=${action.isDangerous ? 'danger-button' : 'button'}
            title=${action.effect} onClick=${() => setOpen(action)}>${action.word}</button>
        `,
      )}
    </div>
    ${open && h(FormDialog, { ...formOf(open), onClose: close, onSubmit: (answers: Answers) => submit(open, answers) })}
  `;
}
