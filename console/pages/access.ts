// Who may buy, with which key, how much at once, and for how many dollars: for operators, and for auditors to read.

import type { VNode } from 'preact';
import { BudgetsSection } from '../access/budgets-section.ts';
import { ClientsSection } from '../access/clients-section.ts';
import { KeysSection } from '../access/keys-section.ts';
import { api, ask } from '../api.ts';
import { h, html } from '../html.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { useResource } from '../resource.ts';
import type { PageProps } from '../routes.ts';
import { mayWrite, useSession } from '../session.ts';

const MOST = 100;

async function read(signal: AbortSignal) {
  const query = { limit: MOST };
  const [clients, keys, budgets] = await Promise.all([
    ask(api.GET('/clients', { params: { query }, signal })),
    ask(api.GET('/keys', { params: { query }, signal })),
    ask(api.GET('/budgets', { params: { query }, signal })),
  ]);
  const isCut = [clients, keys, budgets].some(({ next_cursor: cursor }) => cursor !== null);
  return { clients: clients.data, keys: keys.data, budgets: budgets.data, isCut };
}

export function AccessPage(_props: PageProps): VNode {
  const { who } = useSession();
  const { data, problem, reload } = useResource('access', read);
  if (!data) return problem ? h(ProblemBox, { problem, onRetry: reload }) : h(Skeleton, { rows: 12 });
  const names = data.clients.map(({ name }) => name);
  const shared = { clients: names, canChange: mayWrite(who), onChanged: reload };
  return html`
    <header class="page-header">
      <h1>Access</h1>
      ${data.isCut && html`<p class="quiet">the first ${MOST} of each; the API lists all</p>`}
    </header>
    ${problem && h(ProblemBox, { problem, onRetry: reload })}
    ${h(KeysSection, { ...shared, keys: data.keys })}
    ${h(BudgetsSection, { ...shared, budgets: data.budgets })}
    ${h(ClientsSection, { clients: data.clients, canChange: mayWrite(who), onChanged: reload })}
  `;
}
