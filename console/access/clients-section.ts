// What holds for all keys of a client: its limits and the models that it may use.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { h, html } from '../html.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { type Answers, FormDialog } from '../parts/form-dialog.ts';
import { type Column, Table } from '../parts/table.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';

type Client = Schemas['Client'];

const anyNumber = (value: number | null) => value ?? html`<span class="quiet">any number</span>`;

function modelsOf({ models }: Client) {
  if (models === null) return html`<span class="quiet">every model</span>`;
  const { allow, deny } = models;
  return [allow && `only ${allow.join(', ')}`, deny && deny.length > 0 && `never ${deny.join(', ')}`]
    .filter(Boolean)
    .join('; ');
}

interface ClientsProps {
  readonly clients: readonly Client[];
  readonly canChange: boolean;
  readonly onChanged: () => void;
}

export function ClientsSection({ clients, canChange, onChanged }: ClientsProps): VNode {
  const [open, setOpen] = useState<Client | null>(null);
  const columns: readonly Column<Client>[] = [
    {
      id: 'name',
      title: 'Client',
      cell: ({ name }) => html`<a href=${addressOf('/jobs', { client: name })}><strong>${name}</strong></a>`,
    },
    {
      id: 'running',
      title: 'Jobs at once',
      isNumber: true,
      cell: ({ limits }) => anyNumber(limits.max_running_jobs),
    },
    {
      id: 'requests',
      title: 'Requests a minute',
      isNumber: true,
      isExtra: true,
      cell: ({ limits }) => anyNumber(limits.requests_per_minute),
    },
    { id: 'models', title: 'Models', isExtra: true, cell: modelsOf },
    {
      id: 'acts',
      title: '',
      isNumber: true,
      cell: (client) =>
        canChange
          ? html`<button type="button" class="link-button" onClick=${() => setOpen(client)}>Change</button>`
          : null,
    },
  ];
  return html`
    <h2>Clients</h2>
    ${
      clients.length > 0
        ? h(Table<Client>, {
            caption: 'Clients with their limits',
            columns,
            rows: clients,
            keyOf: ({ name }) => name,
          })
        : h(EmptyState, { title: 'A client is known once it has a key.' })
    }
    ${
      open &&
      h(ChangeClient, {
        client: open,
        onClose: () => setOpen(null),
        onDone() {
          setOpen(null);
          onChanged();
        },
      })
    }
  `;
}

const words = (text: string | undefined): string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

interface ChangeProps {
  readonly client: Client;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const ChangeClient = ({ client, onClose, onDone }: ChangeProps): VNode =>
  h(FormDialog, {
    title: `What ${client.name} may`,
    effect: 'Holds for all of its keys, on every replica within five seconds. Jobs that run go on.',
    word: 'Change',
    inputs: [
      {
        name: 'running',
        label: 'Jobs at once, at most',
        type: 'number',
        initial: String(client.limits.max_running_jobs ?? ''),
        hint: 'Empty: any number.',
      },
      {
        name: 'waiting',
        label: 'Jobs that wait for those, at most',
        type: 'number',
        initial: String(client.limits.max_waiting_jobs ?? ''),
        hint: 'Empty: 1,000.',
      },
      {
        name: 'requests',
        label: 'Requests a minute, at most',
        type: 'number',
        initial: String(client.limits.requests_per_minute ?? ''),
        hint: 'Empty: any number.',
      },
      {
        name: 'allow',
        label: 'Only these models',
        initial: client.models?.allow?.join(', ') ?? '',
        hint: 'Ids, or author/*. Empty: every model.',
      },
      { name: 'deny', label: 'Never these models', initial: client.models?.deny?.join(', ') ?? '' },
    ],
    onClose,
    async onSubmit({ running, waiting, requests, allow, deny }: Answers) {
      const [only, never] = [words(allow), words(deny)];
      const body = {
        limits: {
          max_running_jobs: running ? Number(running) : null,
          max_waiting_jobs: waiting ? Number(waiting) : null,
          requests_per_minute: requests ? Number(requests) : null,
        },
        models:
          only.length + never.length === 0
            ? null
            : { ...(only.length > 0 && { allow: only }), ...(never.length > 0 && { deny: never }) },
      };
      await ask(api.PUT('/clients/{name}', { params: { path: { name: client.name } }, body }));
      onDone();
    },
  });
