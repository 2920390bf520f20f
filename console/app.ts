// The whole of the console: the sign-in page for who is not signed in, the shell with a page in it for who is.

import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { api, ask, onSignedOut } from './api.ts';
import { h, html } from './html.ts';
import { ProblemBox } from './parts/problem-box.ts';
import { useResource } from './resource.ts';
import { SessionContext, type SignedIn } from './session.ts';
import { Shell } from './shell.ts';
import { SignIn } from './sign-in.ts';

export function App(): VNode {
  const session = useResource('session', (signal) => ask(api.GET('/console/session', { signal })));
  const { data, problem, reload } = session;
  // Any request may find that the session has ended: then so does this page.
  useEffect(() => onSignedOut(reload), [reload]);

  const signedIn = useMemo<SignedIn | null>(
    () => (data?.who ? { who: data.who, requiresKey: data.requires_key, version: data.version } : null),
    [data],
  );
  if (!data) {
    return html`<main class="alone">${problem && h(ProblemBox, { problem, onRetry: reload })}</main>`;
  }
  if (!signedIn) return h(SignIn, { reason: data.reason, onSignedIn: reload });
  return html`<${SessionContext.Provider} value=${signedIn}>${h(Shell, { onSessionChanged: reload })}<//>`;
}
