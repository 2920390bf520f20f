// Which page an address names, and how to get to another without loading the console again.

import { useEffect, useState } from 'preact/hooks';

/** The folder of every page. */
export const ROOT = '/console';

export interface Place {
  /** Behind `/console`, without a slash at the end; `/` = the first page. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const CHANGED = 'clipgate:place';

function readPlace(): Place {
  const path = location.pathname.slice(ROOT.length).replace(/\/+$/, '');
  return { path: path === '' ? '/' : path, query: new URLSearchParams(location.search) };
}

/** The address of a page. @param query members that are null or '' are left out. */
export function addressOf(path: string, query: Readonly<Record<string, string | null>> = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  const search = new URLSearchParams(pairs).toString();
  return `${ROOT}${path === '/' ? '' : path}${search === '' ? '' : `?${search}`}`;
}

/** @param how `replace` for what is no step of its own, such as a key in a form. */
export function navigate(address: string, how: 'push' | 'replace' = 'push'): void {
  if (address === `${location.pathname}${location.search}`) return;
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  dispatchEvent(new Event(CHANGED));
}

/** Where the reader is; the component is drawn again when that changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const update = () => setPlace(readPlace());
    addEventListener('popstate', update);
    addEventListener(CHANGED, update);
    return () => {
      removeEventListener('popstate', update);
      removeEventListener(CHANGED, update);
    };
  }, []);
  return place;
}

/** Takes clicks on links of the console, unless the reader asks for a new tab or a file. */
export function followLinks(): void {
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.target !== '') return;
    if (link.pathname !== ROOT && !link.pathname.startsWith(`${ROOT}/`)) return;
    event.preventDefault();
    navigate(`${link.pathname}${link.search}`);
  });
}
