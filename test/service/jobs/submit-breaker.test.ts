// The breaker: a few unknowns too many stop buying, one trial decides when it goes on.

import { describe, expect, it } from 'vitest';
import { createSubmitBreaker, type SubmitReport } from '../../../src/service/jobs/submit-breaker.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

function setUp() {
  let now = 0;
  const log = createRecordedLog();
  const breaker = createSubmitBreaker({ clock: () => now, alarms: createAlarms({ log }), log });
  const admit = () => {
    const admission = breaker.admit();
    if (admission.kind !== 'admitted') throw new Error(`paused for ${admission.retryInMs}`);
    return admission;
  };
  return {
    breaker,
    log,
    admit,
    submit: (ended: SubmitReport, times = 1) => {
      for (let i = 0; i < times; i += 1) admit().report(ended);
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the breaker', () => {
  it('lets bad luck pass, and stops at a pattern', () => {
    const t = setUp();
    t.submit('unknown', 2);
    expect(t.breaker.pausedMs()).toBeNull();
    t.submit('unknown');
    expect(t.breaker.pausedMs()).toBe(30_000);
    expect(t.breaker.admit()).toEqual({ kind: 'paused', retryInMs: 30_000 });
    expect(t.log.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        details: expect.objectContaining({ alarm: 'submissions_paused' }),
      }),
    );
  });

  it('goes on while no more than one in a hundred is unknown', () => {
    const t = setUp();
    t.submit('answered', 297);
    t.submit('unknown', 3);
    expect(t.breaker.pausedMs()).toBeNull();
    t.submit('unknown');
    expect(t.breaker.pausedMs()).toBe(30_000);
  });

  it('forgets what is older than five minutes', () => {
    const t = setUp();
    t.submit('unknown', 2);
    t.pass(5 * 60_000);
    t.submit('unknown', 2);
    expect(t.breaker.pausedMs()).toBeNull();
    expect(t.breaker.describe()).toBe('open: 2 of 2 submits unknown in five minutes');
  });

  it('counts nothing that never left', () => {
    const t = setUp();
    t.submit('not_sent', 100);
    expect(t.breaker.describe()).toBe('open: 0 of 0 submits unknown in five minutes');
  });

  it('lets one through after the pause, and all once that one is answered', () => {
    const t = setUp();
    t.submit('unknown', 3);
    t.pass(30_000);
    expect(t.breaker.pausedMs()).toBeNull();
    const trial = t.admit();
    expect(t.breaker.admit()).toEqual({ kind: 'paused', retryInMs: 5_000 });
    expect(t.breaker.describe()).toContain('one trial is under way');
    trial.report('answered');
    t.submit('answered', 5);
    t.submit('unknown', 2);
    expect(t.breaker.pausedMs()).toBeNull();
  });

  it('waits twice as long after a trial that is unknown again, and as long after one that never left', () => {
    const t = setUp();
    t.submit('unknown', 3);
    t.pass(30_000);
    t.submit('unknown');
    expect(t.breaker.pausedMs()).toBe(60_000);
    t.pass(60_000);
    t.submit('not_sent');
    expect(t.breaker.pausedMs()).toBe(60_000);
  });

  it('takes the first report of a submit and no other', () => {
    const t = setUp();
    t.submit('unknown', 3);
    t.pass(30_000);
    const trial = t.admit();
    trial.report('answered');
    trial.report('not_sent');
    expect(t.breaker.pausedMs()).toBeNull();
  });

  it('does not start its pause anew for submits that were under way when it began', () => {
    const t = setUp();
    const late = [t.admit(), t.admit()];
    t.submit('unknown', 3);
    t.pass(20_000);
    for (const { report } of late) report('unknown');
    expect(t.breaker.pausedMs()).toBe(10_000);
  });
});
