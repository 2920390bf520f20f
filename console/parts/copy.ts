// Text that can be copied with one press, and says that it was.

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { h, html } from '../html.ts';
import { Icon } from './icon.ts';

const SHOWN_MS = 2_000;

/** @param what names the text for people who do not see the button. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }): VNode {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  // The clipboard is there over https and on this machine alone.
  const copy = () =>
    (navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  const label = { idle: `Copy ${what}`, copied: 'Copied', refused: 'Select it and copy by hand' }[state];
  return html`
    <button type="button" class="quiet-button" onClick=${copy} title=${label}>
      ${h(Icon, { name: state === 'copied' ? 'check' : 'copy' })}
      <span class=${state === 'idle' ? 'visually-hidden' : ''} role="status">${label}</span>
    </button>
  `;
}

/** A command or a piece of code, with a button that copies it. */
export const CodeBlock = ({ text, what }: { readonly text: string; readonly what: string }): VNode => html`
  <div class="code-block">
    <pre tabindex="0" aria-label=${what}>${text}</pre>
    ${h(CopyButton, { text, what })}
  </div>
`;
