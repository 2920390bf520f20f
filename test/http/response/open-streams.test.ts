// Streams and waits of one client: as many as it may, none of another's, and each counted once.

import { expect, it } from 'vitest';
import { createOpenStreams } from '../../../src/http/response/open-streams.ts';

it('refuses what one client opens beyond its share, and nothing of another', () => {
  const streams = createOpenStreams(2);
  const first = streams.open('a');
  streams.open('a');
  expect(() => streams.open('a')).toThrow('2 event streams and waits are open');
  streams.open('b');
  first();
  // Ended twice, as by an answer and its socket: it was one.
  first();
  streams.open('a');
  expect(() => streams.open('a')).toThrow('2 event streams and waits are open');
});
