// The feed of changes: each watcher's own jobs, bursts read once, too many told as missed, and nothing left behind.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Job } from '../../../src/core/job/job.ts';
import { createJobFeed, type FeedItem } from '../../../src/service/jobs/job-feed.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Jobs are named `<client>-<number>`. */
function setUp(findJob = async (id: string) => ({ id, clientId: id.split('-')[0] }) as Job) {
  let announce: (jobId: string) => void = () => undefined;
  const reads: string[] = [];
  const feed = createJobFeed({
    store: {
      onJobChanged: (listener) => {
        announce = listener;
        return () => undefined;
      },
      findJob: (id) => {
        reads.push(id);
        return findJob(id);
      },
    },
    log: createRecordedLog(),
  });
  const stop = new AbortController();
  const watch = (clientId: string | null) => {
    const taken: (string | undefined)[] = [];
    const items = feed.follow(clientId, 15_000, stop.signal);
    const name = (item: FeedItem) => (typeof item === 'string' ? item : item.id);
    return {
      taken,
      async take(count: number) {
        for (let index = 0; index < count; index++) {
          const { value, done } = await items.next();
          taken.push(done ? 'end' : name(value));
        }
      },
    };
  };
  return { feed, announce: (id: string) => announce(id), reads, stop, watch };
}

it('sends a watcher its own jobs, an operator all, and reads each once however many watch', async () => {
  const { announce, reads, watch } = setUp();
  const [a, other, all] = [watch('a'), watch('a'), watch(null)];
  for (const id of ['a-1', 'b-1', 'a-1']) announce(id);
  await vi.advanceTimersByTimeAsync(250);
  await Promise.all([a.take(1), other.take(1), all.take(2)]);
  expect([a.taken, other.taken, all.taken]).toEqual([['a-1'], ['a-1'], ['a-1', 'b-1']]);
  expect(reads).toEqual(['a-1', 'b-1']);
});

it('says that changes were missed where more come than a watcher takes, and goes on after it', async () => {
  const { announce, watch } = setUp();
  const slow = watch(null);
  for (let number = 0; number < 201; number++) announce(`a-${number}`);
  await vi.advanceTimersByTimeAsync(250);
  announce('a-new');
  await vi.advanceTimersByTimeAsync(250);
  await slow.take(2);
  expect(slow.taken).toEqual(['missed', 'a-new']);
});

it('reads none of a burst that is larger than it would read', async () => {
  const { announce, reads, watch } = setUp();
  const watcher = watch('a');
  for (let number = 0; number < 2_000; number++) announce(`b-${number}`);
  await vi.advanceTimersByTimeAsync(250);
  await watcher.take(1);
  expect(watcher.taken).toEqual(['missed']);
  expect(reads).toEqual([]);
});

it('says that changes were missed where the database cannot be read', async () => {
  const { announce, watch } = setUp(() => Promise.reject(new Error('away')));
  const watcher = watch('a');
  announce('a-1');
  await vi.advanceTimersByTimeAsync(250);
  await watcher.take(1);
  expect(watcher.taken).toEqual(['missed']);
});

it('says that it is there while nothing changes, and ends with its signal or the feed', async () => {
  const { feed, announce, reads, stop, watch } = setUp();
  const [first, second] = [watch('a'), watch('a')];
  const idle = first.take(1);
  await vi.advanceTimersByTimeAsync(15_000);
  await idle;
  expect(first.taken).toEqual(['idle']);
  const ending = first.take(1);
  feed.close();
  await ending;
  expect(first.taken).toEqual(['idle', 'end']);
  stop.abort();
  await second.take(1);
  expect(second.taken).toEqual(['end']);
  announce('a-1');
  await vi.advanceTimersByTimeAsync(250);
  expect(reads).toEqual([]);
});
