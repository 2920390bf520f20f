// A logger whose children are made at their first word: Fastify wants one for every request, and few say any.

import type { FastifyBaseLogger } from 'fastify';

interface LazyLogger extends FastifyBaseLogger {
  real: FastifyBaseLogger | null;
  parent: LazyLogger;
  made: Parameters<FastifyBaseLogger['child']>;
}

const realOf = (lazy: LazyLogger): FastifyBaseLogger =>
  (lazy.real ??= realOf(lazy.parent).child(...lazy.made));

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const forward = (level: (typeof LEVELS)[number]) =>
  function say(this: LazyLogger, ...words: Parameters<FastifyBaseLogger['info']>): void {
    realOf(this)[level](...words);
  };

// What all have in common hangs on a prototype: a closure for each level would cost more than the child it saves.
const SHARED = {
  ...Object.fromEntries(LEVELS.map((level) => [level, forward(level)])),
  child(this: LazyLogger, ...made: LazyLogger['made']): FastifyBaseLogger {
    const lazy: LazyLogger = Object.create(SHARED);
    lazy.real = null;
    lazy.parent = this;
    lazy.made = made;
    return lazy;
  },
};
Object.defineProperty(SHARED, 'level', {
  get(this: LazyLogger): string {
    return realOf(this).level;
  },
});

/** The same logger, and what its children say is what they would have said: each is made of its own at its first word. */
export function withLazyChildren(log: FastifyBaseLogger): FastifyBaseLogger {
  const root: LazyLogger = Object.create(SHARED);
  root.real = log;
  return root;
}
