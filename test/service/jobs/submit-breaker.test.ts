// The breaker: a few unknowns too many stop buying, one trial decides when it goes on.

import { describe, expect, it } from 'vitest';
import { createSubmitBreaker, type SubmitReport } from '../../../src/service/jobs/submit-breaker.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

function setUp() {
  let now = 0;
  const log = createRecordedLog();
  const breaker = createSubmitBreaker({
    clock: () => now,
    alarms: createAlarms({ log, monotonic: () => 0 }),
    log,
  });
  const admit = (client = 'a', model = 'm/1') => {
    const admission = breaker.admit({ client, model });
    if (admission.kind !== 'admitted') throw new Error(`paused for ${admission.retryInMs}`);
    return admission;
  };
  return {
    breaker,
    log,
    admit,
    submit: (ended: SubmitReport, times = 1, client = 'a', model = 'm/1') => {
      for (let i = 0; i < times; i += 1) admit(client, model).report(ended);
    },
    pausedMs: (client = 'a', model = 'm/1') => breaker.findPause({ client, model })?.retryInMs ?? null,
    scopeOf: (client = 'a', model = 'm/1') => breaker.findPause({ client, model })?.scope ?? null,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the breaker', () => {
  it('lets bad luck pass, and stops at a pattern', () => {
    const t = setUp();
    t.submit('unknown', 2);
    expect(t.pausedMs()).toBeNull();
    t.submit('unknown');
    expect(t.pausedMs()).toBe(30_000);
    expect(t.breaker.admit({ client: 'a', model: 'm/1' })).toEqual({
      kind: 'paused',
      retryInMs: 30_000,
      scope: 'pair',
    });
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
    expect(t.pausedMs()).toBeNull();
    t.submit('unknown');
    expect(t.pausedMs()).toBe(30_000);
  });

  it('forgets what is older than five minutes', () => {
    const t = setUp();
    t.submit('unknown', 2);
    t.pass(5 * 60_000);
    t.submit('unknown', 2);
    expect(t.pausedMs()).toBeNull();
    expect(t.breaker.describe()).toBe('accepting: 2 of 2 submits unknown in five minutes');
  });

  it('counts nothing that never left', () => {
    const t = setUp();
    t.submit('not_sent', 100);
    expect(t.breaker.describe()).toBe('accepting: 0 of 0 submits unknown in five minutes');
  });

  it('lets one through after the pause, and all once that one is answered', () => {
    const t = setUp();
    t.submit('unknown', 3);
    t.pass(30_000);
    expect(t.pausedMs()).toBeNull();
    const trial = t.admit();
    expect(t.breaker.admit({ client: 'a', model: 'm/1' })).toEqual({
      kind: 'paused',
      retryInMs: 5_000,
      scope: 'pair',
    });
    expect(t.breaker.describe()).toContain('m/1 for one client (half-open, a trial is under way)');
    trial.report('answered');
    t.submit('answered', 5);
    t.submit('unknown', 2);
    expect(t.pausedMs()).toBeNull();
  });

  it('waits twice as long after a trial that is unknown again, and as long after one that never left', () => {
    const t = setUp();
    t.submit('unknown', 3);
    t.pass(30_000);
    t.submit('unknown');
    expect(t.pausedMs()).toBe(60_000);
    t.pass(60_000);
    t.submit('not_sent');
    expect(t.pausedMs()).toBe(60_000);
  });

  it('takes the first report of a submit and no other', () => {
    const t = setUp();
    t.submit('unknown', 3);
    t.pass(30_000);
    const trial = t.admit();
    trial.report('answered');
    trial.report('not_sent');
    expect(t.pausedMs()).toBeNull();
  });

  it('does not start its pause anew for submits that were under way when it began', () => {
    const t = setUp();
    const late = [t.admit(), t.admit()];
    t.submit('unknown', 3);
    t.pass(20_000);
    for (const { report } of late) report('unknown');
    expect(t.pausedMs()).toBe(10_000);
  });
});

describe('what is paused', () => {
  it('is a client’s submits to a model, where no other client and no other model fails', () => {
    const t = setUp();
    t.submit('unknown', 3);
    expect(t.scopeOf()).toBe('pair');
    expect(t.pausedMs('b')).toBeNull();
    expect(t.pausedMs('a', 'm/2')).toBeNull();
    expect(t.breaker.describe()).toMatch(
      /^accepting, but paused: m\/1 for one client \(open, a trial in 30 s\)/,
    );
    expect(t.breaker.describe()).not.toContain('"a"');
  });

  it('is a model, where several clients see it fail', () => {
    const t = setUp();
    t.submit('unknown', 2);
    t.submit('unknown', 1, 'b');
    for (const client of ['a', 'b', 'c']) expect(t.scopeOf(client)).toBe('model');
    expect(t.pausedMs('a', 'm/2')).toBeNull();
    expect(t.breaker.describe()).toContain('accepting, but paused: m/1 (open, a trial in 30 s)');
  });

  it('is a client, where several models fail for it alone', () => {
    const t = setUp();
    for (const model of ['m/1', 'm/2', 'm/3']) t.submit('unknown', 1, 'a', model);
    expect(t.scopeOf('a', 'm/9')).toBe('client');
    expect(t.pausedMs('b')).toBeNull();
    expect(t.breaker.describe()).toContain('all models for 1 client');
  });

  it('is all, where several clients and several models fail', () => {
    const t = setUp();
    for (let n = 0; n < 4; n += 1) t.submit('unknown', 1, `client${n}`, `m/${n}`);
    expect(t.scopeOf('z', 'm/9')).toBe('all');
    expect(t.breaker.describe()).toMatch(/^paused: open, a trial in 30 s; 4 of 4 submits unknown/);
  });

  it('is never all for what one client sends, however much and to however many models', () => {
    const t = setUp();
    for (let n = 0; n < 200; n += 1) {
      const admission = t.breaker.admit({ client: 'hammer', model: `m/${n % 20}` });
      if (admission.kind === 'admitted') admission.report('unknown');
      t.submit('answered', 1, 'b', `m/${n % 20}`);
      t.pass(2_000);
    }
    expect(t.scopeOf('b', 'm/1')).toBeNull();
  });
});

describe('the trial after a pause of many', () => {
  const pausedModel = () => {
    const t = setUp();
    t.submit('unknown', 2, 'hammer');
    t.submit('unknown', 1, 'b');
    t.pass(30_000);
    return t;
  };

  it('is another client’s turn after one whose trial failed', () => {
    const t = pausedModel();
    t.submit('unknown', 1, 'hammer');
    t.pass(60_000);
    expect(t.pausedMs('hammer')).toBe(30_000);
    t.submit('answered', 1, 'b');
    expect(t.pausedMs('c')).toBeNull();
    expect(t.breaker.describe()).toMatch(/^accepting/);
  });

  it('is its own again where no other comes', () => {
    const t = pausedModel();
    t.submit('unknown', 1, 'hammer');
    t.pass(90_000);
    t.submit('answered', 1, 'hammer');
    expect(t.pausedMs('b')).toBeNull();
  });
});

describe('what is paused', () => {
  it('is listed with since when and what for, until a trial is answered', () => {
    const t = setUp();
    t.submit('answered', 2);
    t.submit('unknown', 3);
    t.pass(10_000);
    expect(t.breaker.list()).toEqual([
      {
        scope: 'pair',
        model: 'm/1',
        client: 'a',
        forMs: 10_000,
        trialInMs: 20_000,
        failedTrials: 0,
        submits: 5,
        unknown: 3,
      },
    ]);
    t.pass(20_000);
    const trial = t.admit();
    expect(t.breaker.list()).toMatchObject([{ forMs: 30_000, trialInMs: null }]);
    trial.report('unknown');
    expect(t.breaker.list()).toMatchObject([
      { forMs: 30_000, trialInMs: 60_000, failedTrials: 1, unknown: 3 },
    ]);
    t.pass(60_000);
    t.admit().report('answered');
    expect(t.breaker.list()).toEqual([]);
  });
});
