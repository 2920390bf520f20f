// The shell around every page: the bar that leads to the others, the search, whether clips are bought, who is signed in.

import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, ask } from './api.ts';
import { h, html } from './html.ts';
import { Dialog } from './parts/dialog.ts';
import { EmptyState } from './parts/empty-state.ts';
import { Icon } from './parts/icon.ts';
import { addressOf, navigate, ROOT, usePlace } from './router.ts';
import { findRoute, firstPath, type Route, routesFor } from './routes.ts';
import { findPlace } from './search.ts';
import { useSession } from './session.ts';
import { useShortcuts } from './shortcuts.ts';
import { SignInForm } from './sign-in.ts';
import { Submissions } from './submissions.ts';

export function Shell({ onSessionChanged }: { readonly onSessionChanged: () => void }): VNode {
  const { who } = useSession();
  const place = usePlace();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const main = useRef<HTMLElement>(null);
  const routes = routesFor(who);
  const found = findRoute(place.path, who);
  const title = found?.route.title ?? 'Not found';

  const isFirst = place.path === '/' && !found;
  useEffect(() => {
    if (isFirst) navigate(addressOf(firstPath(who)), 'replace');
  }, [isFirst, who]);

  // A reader of the screen hears where they are, and the keyboard goes on from there; not on the first page.
  const isArriving = useRef(true);
  useEffect(() => {
    document.title = `${title} · Clipgate`;
    if (isArriving.current) isArriving.current = false;
    else main.current?.focus({ preventScroll: false });
  }, [place.path, title]);

  const pages = useMemo(
    () =>
      Object.fromEntries(
        routes.flatMap(({ nav, pattern }) => (nav ? [[nav.key, () => navigate(addressOf(pattern))]] : [])),
      ),
    [who],
  );
  const focusSearch = useCallback(() => search.current?.focus(), []);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  useShortcuts({ pages, search: focusSearch, help: openHelp });

  return html`
    <div class="shell">
      <a class="skip-link" href="#main">Skip to the page</a>
      <nav class="bar" aria-label="Pages">
        <a class="brand" href=${addressOf(firstPath(who))}><img src=${iconAddress()} alt="" width="20" height="20" />Clipgate</a>
        ${routes.map((route) => h(BarLink, { key: route.pattern, route, isHere: found?.route === route || isWithin(route, place.path) }))}
      </nav>
      <header class="top">
        ${h(Search, { input: search, hasPage: (path) => findRoute(path, who) !== null })}
        ${h(Submissions, {})}
        ${h(Account, { onSessionChanged })}
      </header>
      <main id="main" tabindex="-1" ref=${main}>
        ${
          found
            ? h(found.route.page, { key: found.route.pattern, params: found.params, query: place.query })
            : isFirst
              ? null
              : h(EmptyState, {
                  title: 'There is no such page, or it is not for your key.',
                  children: html`<p><a href=${addressOf(firstPath(who))}>To the first page</a></p>`,
                })
        }
      </main>
      ${isHelpOpen && h(Help, { routes, onClose: () => setHelpOpen(false) })}
    </div>
  `;
}

const isWithin = ({ pattern }: Route, path: string): boolean =>
  pattern !== '/' && path.startsWith(`${pattern}/`);

/** The document names it; its name has a hash. */
const iconAddress = (): string => document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href ?? '';

const BarLink = ({ route, isHere }: { readonly route: Route; readonly isHere: boolean }): VNode | null =>
  route.nav
    ? html`
        <a href=${addressOf(route.pattern)} aria-current=${isHere ? 'page' : undefined}>
          ${h(Icon, { name: route.nav.icon })}<span>${route.title}</span>
        </a>
      `
    : null;

interface SearchProps {
  readonly input: { current: HTMLInputElement | null };
  readonly hasPage: (path: string) => boolean;
}

function Search({ input, hasPage }: SearchProps): VNode {
  const [text, setText] = useState('');
  const [isUnknown, setUnknown] = useState(false);
  const find = (event: Event) => {
    event.preventDefault();
    const place = findPlace(text, (path) => hasPage(path));
    setUnknown(place === null);
    if (place !== null) {
      setText('');
      navigate(`${ROOT}${place}`);
    }
  };
  return html`
    <form class="search" role="search" onSubmit=${find}>
      ${h(Icon, { name: 'search' })}
      <input
        ref=${input} type="search" value=${text} aria-label="Search" autocomplete="off" spellcheck=${false}
        placeholder=${hasPage('/jobs') ? 'Job, reference or model' : 'Model'}
        onInput=${(event: Event) => {
          setText((event.currentTarget as HTMLInputElement).value);
          setUnknown(false);
        }}
        onKeyDown=${(event: KeyboardEvent) => event.key === 'Escape' && input.current?.blur()}
      />
      <kbd aria-hidden="true">/</kbd>
      <span class="search-note" role="status">${isUnknown ? 'Nothing is called that.' : ''}</span>
    </form>
  `;
}

function Account({ onSessionChanged }: { readonly onSessionChanged: () => void }): VNode {
  const { who, requiresKey } = useSession();
  const [isSigningIn, setSigningIn] = useState(false);
  const isAnonymous = who.key_id === null;
  const signOut = async () => {
    await ask(api.DELETE('/console/session'));
    onSessionChanged();
  };
  return html`
    <div class="account">
      <span class="who"><strong>${who.name}</strong> <span class="quiet">${who.kind}</span></span>
      ${
        isAnonymous && !requiresKey
          ? html`<button type="button" class="button" onClick=${() => setSigningIn(true)}>Sign in</button>`
          : html`<button type="button" class="quiet-button" onClick=${signOut} title="Sign out" aria-label="Sign out">${h(Icon, { name: 'out' })}</button>`
      }
      ${
        isSigningIn &&
        h(Dialog, {
          title: 'Sign in',
          onClose: () => setSigningIn(false),
          children: h(SignInForm, {
            onSignedIn: () => {
              setSigningIn(false);
              onSessionChanged();
            },
          }),
        })
      }
    </div>
  `;
}

function Help({
  routes,
  onClose,
}: {
  readonly routes: readonly Route[];
  readonly onClose: () => void;
}): VNode {
  const { version } = useSession();
  return h(Dialog, {
    title: 'Keys',
    onClose,
    children: html`
      <dl class="keys">
        ${routes.map(({ nav, title }) => nav && html`<div key=${title}><dt><kbd>g</kbd> <kbd>${nav.key}</kbd></dt><dd>${title}</dd></div>`)}
        <div><dt><kbd>/</kbd></dt><dd>Search</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>These keys</dd></div>
      </dl>
      <p class="quiet small">Clipgate ${version}. Everything here is in the API: <a href="/docs">/docs</a>.</p>
    `,
  });
}
