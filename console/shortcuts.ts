// Keys of the whole console: `g` and a letter go to a page, `/` searches, `?` lists them. None while something is typed.

import { useEffect } from 'preact/hooks';

export interface Shortcuts {
  /** By the letter that follows `g`. */
  readonly pages: Readonly<Record<string, () => void>>;
  readonly search: () => void;
  readonly help: () => void;
}

const SEQUENCE_MS = 1_200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

export function useShortcuts({ pages, search, help }: Shortcuts): void {
  useEffect(() => {
    let goAt = Number.NEGATIVE_INFINITY;
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
      const page = event.timeStamp - goAt < SEQUENCE_MS ? pages[event.key] : undefined;
      goAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const act = page ?? { '/': search, '?': help }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [pages, search, help]);
}
