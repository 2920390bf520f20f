// Lazily made children of a logger: they say what eager ones would, under the same bindings, and cost nothing unsaid.

import { pino } from 'pino';
import { expect, it } from 'vitest';
import { withLazyChildren } from '../../../src/http/server/lazy-log.ts';

function record(level = 'trace') {
  const lines: Record<string, unknown>[] = [];
  let made = 0;
  const onChild = () => {
    made += 1;
  };
  const log = pino(
    { level, base: null, timestamp: false, onChild },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  return { log, lazy: withLazyChildren(log), lines, made: () => made };
}

it('makes no child for those who say nothing, and one for those who speak twice', () => {
  const { lazy, lines, made } = record();
  const app = lazy.child({ app: 'x' });
  for (let request = 0; request < 5; request += 1) app.child({ reqId: `req-${request}` });
  expect(made()).toBe(0);
  const request = app.child({ reqId: 'req-5' });
  request.info({ a: 1 }, 'once');
  request.error('twice');
  expect(lines).toEqual([
    { level: 30, app: 'x', reqId: 'req-5', a: 1, msg: 'once' },
    { level: 50, app: 'x', reqId: 'req-5', msg: 'twice' },
  ]);
  // Its parent and itself.
  expect(made()).toBe(2);
});

it('says the same as the logger itself at every level', () => {
  const { log, lazy, lines } = record('debug');
  for (const one of [log.child({ reqId: 'a' }), lazy.child({ reqId: 'a' })]) {
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const) {
      one[level]({ level_said: level }, 'words');
    }
  }
  expect(lines).toHaveLength(10);
  expect(lines.slice(5)).toEqual(lines.slice(0, 5));
});

it('hands on the options and the level of a child', () => {
  const { lazy, lines } = record('warn');
  const child = lazy.child({}, { level: 'debug', serializers: { secret: () => '***' } });
  expect([lazy.level, child.level]).toEqual(['warn', 'debug']);
  child.child({ reqId: 'b' }).debug({ secret: 'x' }, 'hidden');
  expect(lines).toEqual([{ level: 20, reqId: 'b', secret: '***', msg: 'hidden' }]);
});
