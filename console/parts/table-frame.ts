// The frame of a table: where the table is wider than it, it scrolls sideways, by the keyboard too.

import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.ts';

interface TableFrameProps {
  /** What the table shows, for who does not see it. */
  readonly label: string;
  readonly children: ComponentChildren;
}

export function TableFrame({ label, children }: TableFrameProps): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const sizes = new ResizeObserver(() => setScrolls(element.scrollWidth > element.clientWidth));
    sizes.observe(element);
    if (element.firstElementChild) sizes.observe(element.firstElementChild);
    return () => sizes.disconnect();
  }, []);
  // A stop of the Tab key only where there is something to scroll.
  const access = scrolls ? { tabindex: 0, role: 'region', 'aria-label': label } : {};
  return html`<div class="table-frame" ref=${frame} ...${access}>${children}</div>`;
}
