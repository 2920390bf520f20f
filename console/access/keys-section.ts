// The keys of all clients: made (and shown once), rotated with an overlap, revoked.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { formatTime } from '../format.ts';
import { h, html } from '../html.ts';
import { CodeBlock } from '../parts/copy.ts';
import { Dialog } from '../parts/dialog.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { type Answers, FormDialog } from '../parts/form-dialog.ts';
import { State } from '../parts/state.ts';
import { type Column, Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import type { Schemas } from '../schemas.ts';

type Key = Schemas['Key'];

type Open = { readonly kind: 'create' } | { readonly kind: 'rotate' | 'revoke'; readonly key: Key };

const DAY_S = 86_400;
const GRACES: readonly (readonly [string, string])[] = [
  ['0', 'not at all'],
  ['3600', 'for an hour'],
  [String(DAY_S), 'for a day'],
  [String(7 * DAY_S), 'for a week'],
];

const SCOPES: readonly (readonly [string, string])[] = [
  ['read write', 'buy, and see its client’s jobs'],
  ['read', 'see its client’s jobs'],
  ['auditor', 'see everything that operators see'],
  ['operator', 'see and change everything'],
];

function stateOf({ revoked_at: revokedAt, expires_at: expiresAt }: Key): VNode {
  if (revokedAt !== null) return h(State, { tone: 'quiet', word: 'revoked' });
  if (expiresAt === null) return h(State, { tone: 'good', word: 'in use' });
  const at = Date.parse(expiresAt);
  return at <= Date.now()
    ? h(State, { tone: 'quiet', word: 'expired' })
    : h(State, { tone: 'wait', word: `until ${formatTime(at)}` });
}

const isOver = ({ revoked_at: revokedAt, expires_at: expiresAt }: Key): boolean =>
  revokedAt !== null || (expiresAt !== null && Date.parse(expiresAt) <= Date.now());

interface KeysProps {
  readonly keys: readonly Key[];
  readonly clients: readonly string[];
  readonly canChange: boolean;
  readonly onChanged: () => void;
}

export function KeysSection({ keys, clients, canChange, onChanged }: KeysProps): VNode {
  const [open, setOpen] = useState<Open | null>(null);
  const [made, setMade] = useState<Schemas['MadeKey'] | null>(null);
  const close = () => setOpen(null);
  const done = (result: Schemas['MadeKey'] | null) => {
    close();
    setMade(result);
    onChanged();
  };

  const columns: readonly Column<Key>[] = [
    {
      id: 'client',
      title: 'Client',
      cell: ({ client, name }) =>
        html`<strong>${client}</strong> ${name && html`<span class="quiet">${name}</span>`}`,
    },
    {
      id: 'key',
      title: 'Key',
      cell: ({ id, last4 }) => html`<code class="id">${last4 === null ? id : `…${last4}`}</code>`,
    },
    { id: 'scopes', title: 'May', isExtra: true, cell: ({ scopes }) => scopes.join(', ') },
    { id: 'state', title: 'State', cell: stateOf },
    {
      id: 'used',
      title: 'Last used',
      isExtra: true,
      cell: ({ last_used_on: day }) => day ?? html`<span class="quiet">not seen</span>`,
    },
    {
      id: 'made',
      title: 'Made',
      isExtra: true,
      cell: ({ created_at: at, created_by: by }) =>
        at === null ? html`<span class="quiet">by a variable</span>` : html`${h(Time, { at })} by ${by}`,
    },
    {
      id: 'acts',
      title: '',
      isNumber: true,
      cell: (key) =>
        canChange && key.source === 'store' && !isOver(key)
          ? html`
              <button type="button" class="link-button" onClick=${() => setOpen({ kind: 'rotate', key })}>Rotate</button>
              ${' '}
              <button type="button" class="link-button" onClick=${() => setOpen({ kind: 'revoke', key })}>Revoke</button>
            `
          : null,
    },
  ];

  return html`
    <div class="section-header">
      <h2>Keys</h2>
      ${canChange && html`<button type="button" class="button" onClick=${() => setOpen({ kind: 'create' })}>New key</button>`}
    </div>
    ${
      keys.length > 0
        ? h(Table<Key>, {
            caption: 'Keys of clients and operators',
            columns,
            rows: keys,
            keyOf: ({ id }) => id,
          })
        : h(EmptyState, { title: 'No key was made yet.' })
    }
    ${open?.kind === 'create' && h(CreateKey, { clients, onClose: close, onMade: done })}
    ${open?.kind === 'rotate' && h(RotateKey, { of: open.key, onClose: close, onMade: done })}
    ${open?.kind === 'revoke' && h(RevokeKey, { of: open.key, onClose: close, onRevoked: () => done(null) })}
    ${made?.key && h(ShownOnce, { made, onClose: () => setMade(null) })}
  `;
}

interface MakingProps {
  readonly onClose: () => void;
  readonly onMade: (made: Schemas['MadeKey']) => void;
}

const CreateKey = ({
  clients,
  onClose,
  onMade,
}: MakingProps & { readonly clients: readonly string[] }): VNode =>
  h(FormDialog, {
    title: 'New key',
    effect: 'Makes a key and shows it once. It acts at once, on every replica.',
    word: 'Make key',
    inputs: [
      {
        name: 'client',
        label: 'Client',
        hint: 'Whose jobs it buys; for operators and auditors, the person.',
        suggestions: clients,
        isRequired: true,
      },
      { name: 'name', label: 'Name, for people' },
      { name: 'scopes', label: 'It may', choices: SCOPES },
      { name: 'running', label: 'Jobs at once, at most', type: 'number', hint: 'Empty: any number.' },
      { name: 'requests', label: 'Requests a minute, at most', type: 'number', hint: 'Empty: any number.' },
    ],
    confirm: ({ scopes }) =>
      scopes === 'operator' ? 'This key may change everything: keys, budgets, and what is bought.' : null,
    onClose,
    async onSubmit({ client = '', name, scopes = '', running, requests }: Answers) {
      const limits = {
        ...(running && { max_running_jobs: Number(running) }),
        ...(requests && { requests_per_minute: Number(requests) }),
      };
      const body = {
        client,
        scopes: scopes.split(' ') as Key['scopes'],
        ...(name && { name }),
        ...(Object.keys(limits).length > 0 && { limits }),
      };
      onMade(await ask(api.POST('/keys', { params: {}, body })));
    },
  });

const RotateKey = ({ of: { id, client }, onClose, onMade }: MakingProps & { readonly of: Key }): VNode =>
  h(FormDialog, {
    title: `Rotate a key of ${client}`,
    effect: 'Makes a key with the same scopes, limits and budgets in its place, and shows it once.',
    word: 'Rotate',
    inputs: [
      { name: 'grace', label: 'The old key goes on working', choices: GRACES, initial: String(DAY_S) },
    ],
    onClose,
    async onSubmit({ grace }: Answers) {
      const made = await ask(
        api.POST('/keys/{id}/rotate', { params: { path: { id } }, body: { grace_s: Number(grace) } }),
      );
      onMade(made);
    },
  });

interface RevokeProps {
  readonly of: Key;
  readonly onClose: () => void;
  readonly onRevoked: () => void;
}

const RevokeKey = ({ of: { id, client, name }, onClose, onRevoked }: RevokeProps): VNode =>
  h(FormDialog, {
    title: `Revoke a key of ${client}`,
    effect: `${name ?? id} is refused from the next request on, on every replica within five seconds. Jobs bought with it go on.`,
    word: 'Revoke',
    isDangerous: true,
    confirm: () => 'A revoked key cannot be brought back.',
    onClose,
    async onSubmit() {
      await ask(api.DELETE('/keys/{id}', { params: { path: { id } } }));
      onRevoked();
    },
  });

/** Closed only by the button: a key that was not kept has to be made again. */
const ShownOnce = ({
  made,
  onClose,
}: {
  readonly made: Schemas['MadeKey'];
  readonly onClose: () => void;
}): VNode =>
  h(Dialog, {
    title: `The key of ${made.data.client}`,
    onClose,
    children: html`
      <p>It is shown this once: keep it where its client reads it.</p>
      ${h(CodeBlock, { what: 'the key', text: made.key ?? '' })}
      ${made.warnings.map(({ message }) => html`<p key=${message} class="quiet small">${message}</p>`)}
      <div class="dialog-actions"><button type="button" class="primary-button" onClick=${onClose}>I have kept it</button></div>
    `,
  });
