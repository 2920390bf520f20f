// The sign-in page: takes a key, says what is wrong with it, and keeps nothing of it.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from './api.ts';
import { h, html } from './html.ts';
import { TextField } from './parts/form.ts';
import { ProblemBox } from './parts/problem-box.ts';
import { ApiProblem } from './problem.ts';

interface SignInProps {
  /** The code of the problem that ended, or prevented, the session. */
  readonly reason: string | null;
  readonly onSignedIn: () => void;
}

const REASONS: Readonly<Record<string, string>> = {
  session_ended: 'Your session has ended. Sign in again to go on where you were.',
  key_revoked: 'The key you had signed in with was revoked.',
  key_expired: 'The key you had signed in with has expired.',
};

/** A form that signs in with a key. */
export function SignInForm({ onSignedIn }: { readonly onSignedIn: () => void }): VNode {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function signIn(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    try {
      await ask(api.POST('/console/session', { body: { key: key.trim() } }));
      setKey('');
      onSignedIn();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return html`
    <form onSubmit=${signIn}>
      ${h(TextField, {
        label: 'Key',
        type: 'password',
        name: 'key',
        autocomplete: 'current-password',
        value: key,
        onInput: setKey,
        isRequired: true,
        hint: 'Of a client, an operator or an auditor. It is sent once and not kept in this browser.',
      })}
      ${problem && h(ProblemBox, { problem })}
      <button type="submit" class="primary-button" disabled=${isBusy || key.trim() === ''}>Sign in</button>
    </form>
  `;
}

export const SignIn = ({ reason, onSignedIn }: SignInProps): VNode => html`
  <main class="alone sign-in">
    <h1>Clipgate</h1>
    <p class="quiet">${REASONS[reason ?? ''] ?? 'What every clip costs, and why that model.'}</p>
    ${h(SignInForm, { onSignedIn })}
    <p class="quiet small">
      No key? An operator makes one: <code>POST /keys</code>. The API is described at <a href="/docs">/docs</a>.
    </p>
  </main>
`;
