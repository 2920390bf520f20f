// Reading and writing traceparent headers, by the examples and the rules of W3C Trace Context.

import { expect, it } from 'vitest';
import { parseTraceparent, writeTraceparent } from '../../src/core/origin.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it('reads a traceparent and writes it again', () => {
  const place = parseTraceparent(`00-${TRACE}-${SPAN}-01`);
  expect(place).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
  expect(place && writeTraceparent(place)).toBe(`00-${TRACE}-${SPAN}-01`);
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.isSampled).toBe(false);
});

it('takes what it knows of a later version, and answers in its own', () => {
  const place = parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`);
  expect(place && writeTraceparent(place)).toBe(`00-${TRACE}-${SPAN}-01`);
});

it.each([
  undefined,
  '',
  'x',
  ['00'],
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-01\n`,
  `cc-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`,
])('takes %j for none', (header) => {
  expect(parseTraceparent(header)).toBeNull();
});
