// The first frame of a clip, loaded once it is in view; only of clips that this gateway has itself.

import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.ts';
import type { Job } from './status.ts';

export function Thumbnail({ job }: { readonly job: Job }): VNode {
  const frame = useRef<HTMLSpanElement>(null);
  const [isSeen, setSeen] = useState(false);
  const [output] = job.outputs;
  const url = output && output.bytes !== null && job.erased_at === null ? output.url : null;

  useEffect(() => {
    const element = frame.current;
    if (!element || url === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      setSeen(true);
      observer.disconnect();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [url]);

  return html`
    <span class="thumbnail" ref=${frame} aria-hidden="true">
      ${isSeen && url !== null && html`<video src=${`${url}#t=0.1`} preload="metadata" muted playsinline tabindex="-1"></video>`}
    </span>
  `;
}
