// The changes of jobs as they happen, by one stream for the page.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Job } from './status.ts';

/** `away`: the stream is broken, and is opened again by the browser. */
export type Liveness = 'connecting' | 'live' | 'away';

interface Listeners {
  readonly onJob: (job: Job) => void;
  /** More changed than was sent, or the stream was away: what is shown has to be read again. */
  readonly onMissed: () => void;
}

/**
 * Listens for as long as the component is drawn.
 * @param path of an event stream of this gateway; null = none.
 */
export function useJobChanges(path: string | null, listeners: Listeners): Liveness {
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  const current = useRef(listeners);
  current.current = listeners;

  useEffect(() => {
    if (path === null) return;
    const source = new EventSource(path);
    let wasAway = false;
    source.addEventListener('open', () => {
      setLiveness('live');
      if (wasAway) current.current.onMissed();
      wasAway = false;
    });
    source.addEventListener('error', () => {
      // Closed for good where the job has ended: nothing more will change.
      if (source.readyState === EventSource.CLOSED) return;
      wasAway = true;
      setLiveness('away');
    });
    source.addEventListener('job', (event) => current.current.onJob(JSON.parse(event.data)));
    source.addEventListener('missed', () => current.current.onMissed());
    return () => source.close();
  }, [path]);
  return liveness;
}
