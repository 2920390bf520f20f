// Waiting for changes: woken by them, by time, by hanging up and by the end.

import { describe, expect, it } from 'vitest';
import { createJobWatch } from '../../../src/service/jobs/job-watch.ts';

function setUp() {
  let announce: (jobId: string) => void = () => undefined;
  let listening = false;
  const watch = createJobWatch({
    onJobChanged: (listener) => {
      announce = listener;
      listening = true;
      return () => {
        listening = false;
      };
    },
  });
  return { watch, announce: (jobId: string) => announce(jobId), isListening: () => listening };
}

const never = new AbortController().signal;

describe('the job watch', () => {
  it('wakes every waiter of the job that changed and no other', async () => {
    const { watch, announce } = setUp();
    const [one, two, other] = ['a', 'a', 'b'].map((id) => watch.nextChange(id, 60_000, never));
    announce('a');
    expect(await one?.end).toBe('changed');
    expect(await two?.end).toBe('changed');
    other?.cancel();
    expect(await other?.end).toBe('ended');
  });

  it('does not wait where no time is left, nor for a caller who has gone', async () => {
    const { watch } = setUp();
    expect(await watch.nextChange('a', 0, never).end).toBe('timeout');
    expect(await watch.nextChange('a', 60_000, AbortSignal.abort()).end).toBe('ended');
    const controller = new AbortController();
    const waiting = watch.nextChange('a', 60_000, controller.signal);
    controller.abort();
    expect(await waiting.end).toBe('ended');
  });

  it('gives up after its time', async () => {
    expect(await setUp().watch.nextChange('a', 5, never).end).toBe('timeout');
  });

  it('ends every wait when it is closed, and waits for nothing afterwards', async () => {
    const { watch, isListening } = setUp();
    const waiting = watch.nextChange('a', 60_000, never);
    watch.close();
    expect(await waiting.end).toBe('ended');
    expect(await watch.nextChange('a', 60_000, never).end).toBe('ended');
    expect(isListening()).toBe(false);
  });
});
