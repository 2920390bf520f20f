// What a page reads: the newest answer, the one before it while it is read again, and what went wrong.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from './problem.ts';

export interface Resource<T> {
  /** The last answer, of the question before where `isLoading`. */
  readonly data: T | null;
  readonly problem: ApiProblem | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

export interface ResourceOptions {
  /** Reads again so many milliseconds after each answer, while the page can be seen. */
  readonly everyMs?: number;
  /** Waits so long before it asks, for a question that changes with every key. */
  readonly afterMs?: number;
}

/**
 * Reads when `question` changes and when `reload` is called. A late answer to an earlier question is dropped.
 * @param question names what is read; null = nothing yet.
 */
export function useResource<T>(
  question: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  { everyMs, afterMs = 0 }: ResourceOptions = {},
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, 'reload'>>({
    data: null,
    problem: null,
    isLoading: question !== null,
  });
  const [round, setRound] = useState(0);
  const current = useRef(load);
  current.current = load;
  const delay = useRef(0);

  useEffect(() => {
    if (question === null) return;
    const aborting = new AbortController();
    const { signal } = aborting;
    let timer: ReturnType<typeof setTimeout> | undefined;
    setState((before) => ({ ...before, isLoading: true }));

    async function read(): Promise<void> {
      try {
        const data = await current.current(signal);
        if (!signal.aborted) setState({ data, problem: null, isLoading: false });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiProblem)) throw error;
        setState((before) => ({ ...before, problem: error, isLoading: false }));
      }
      if (everyMs !== undefined && !signal.aborted) timer = setTimeout(readWhenSeen, everyMs);
    }
    function readWhenSeen(): void {
      if (document.visibilityState === 'visible') void read();
      else document.addEventListener('visibilitychange', readWhenSeen, { once: true, signal });
    }

    // The first answer of a page is not waited for; the keys of one that is edited are.
    timer = setTimeout(() => void read(), delay.current);
    delay.current = afterMs;
    return () => {
      aborting.abort();
      clearTimeout(timer);
    };
  }, [question, round, everyMs, afterMs]);

  const reload = useCallback(() => {
    delay.current = 0;
    setRound((before) => before + 1);
  }, []);
  return { ...state, reload };
}
