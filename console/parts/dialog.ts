// A question that stands above the page until it is answered; the browser's own dialog keeps the focus in it.

import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { h, html } from '../html.ts';
import { Icon } from './icon.ts';

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Also for the Escape key. */
  readonly onClose: () => void;
}

export function Dialog({ title, children, onClose }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return html`
    <dialog class="dialog" ref=${dialog} aria-labelledby=${id} onClose=${onClose}>
      <header>
        <h2 id=${id}>${title}</h2>
        <button type="button" class="quiet-button" aria-label="Close" onClick=${() => dialog.current?.close()}>
          ${h(Icon, { name: 'close' })}
        </button>
      </header>
      ${children}
    </dialog>
  `;
}
