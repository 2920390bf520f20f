// When a callback is over and when it comes back; which URLs and settings are taken.

import { describe, expect, it } from 'vitest';
import { callbackAllowSchema, callbackSecretsSchema } from '../../../src/config/callback-settings.ts';
import { findCallbackUrlFault } from '../../../src/core/callbacks/callback-url.ts';
import {
  eventIdOf,
  judgeAttempt,
  RETRY_WAITS_MS,
  TOLD_STATUSES,
} from '../../../src/core/callbacks/delivery.ts';
import { isTerminal, JOB_STATUSES, type JobStatus } from '../../../src/core/job/job.ts';

const S = 1_000;
const M = 60 * S;
const H = 60 * M;
const answered = (status: number, retryAfterS: number | null = null) =>
  ({ kind: 'answered', status, retryAfterS }) as const;

const idOf = (status: JobStatus, attempt = 1) => eventIdOf({ id: 'job_01K5', status, attempt });

describe('what is told', () => {
  it('is every end of a job, and an outcome nobody knows', () => {
    expect(TOLD_STATUSES).toEqual(
      JOB_STATUSES.filter((status) => isTerminal(status) || status === 'submission_unknown'),
    );
  });

  it('has a name without the full stop that parts what is signed', () => {
    for (const status of JOB_STATUSES) expect(idOf(status)).toBe(`job_01K5_${status}`);
    for (const status of JOB_STATUSES) expect(idOf(status, 2)).toBe(`job_01K5_${status}_2`);
    for (const status of JOB_STATUSES) expect(idOf(status, 2)).not.toContain('.');
  });
});

describe('an attempt', () => {
  it('is tried again on the published schedule, ten times in all', () => {
    const waits = Array.from({ length: 10 }, (_, i) => judgeAttempt(answered(500), i + 1, 0).retryInMs);
    expect(waits).toEqual([5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H, null]);
    expect(RETRY_WAITS_MS.reduce((a, b) => a + b)).toBe(75 * H + 35 * M + 5 * S);
    expect(judgeAttempt(answered(500), 10, 0)).toMatchObject({ state: 'dead', error: 'answered 500' });
  });

  it('comes up to a tenth early, never late', () => {
    expect(judgeAttempt(answered(503), 2, 0).retryInMs).toBe(5 * M);
    expect(judgeAttempt(answered(503), 2, 1 - Number.EPSILON).retryInMs).toBe(4.5 * M);
  });

  it.each([200, 201, 204, 299])('is a success where it is answered with %i', (status) => {
    expect(judgeAttempt(answered(status), 1, 0)).toEqual({
      state: 'delivered',
      error: null,
      retryInMs: null,
    });
  });

  it.each([100, 199, 300, 301, 302, 304, 307, 400, 401, 404, 429, 500, 502, 504, 599])(
    'is a failure where it is answered with %i',
    (status) => {
      expect(judgeAttempt(answered(status), 1, 0)).toEqual({
        state: 'pending',
        error: `answered ${status}`,
        retryInMs: 5 * S,
      });
    },
  );

  it('is the last where it is answered with 410', () => {
    expect(judgeAttempt(answered(410, 60), 1, 0)).toMatchObject({ state: 'gone', retryInMs: null });
  });

  it.each([
    ['longer than the schedule', 1, 60, 60 * S],
    ['shorter', 2, 1, 5 * M],
    ['nothing', 2, 0, 5 * M],
    ['a month', 1, 2_600_000, 24 * H],
  ])('heeds a Retry-After of %s', (_name, attempts, seconds, expected) => {
    expect(judgeAttempt(answered(429, seconds), attempts, 0).retryInMs).toBe(expected);
    expect(judgeAttempt(answered(503, seconds), attempts, 0).retryInMs).toBe(expected);
  });

  it('that reached nobody is like any other failure', () => {
    const failed = { kind: 'failed', reason: 'no answer in time' } as const;
    expect(judgeAttempt(failed, 3, 0)).toEqual({
      state: 'pending',
      error: 'no answer in time',
      retryInMs: 30 * M,
    });
  });
});

describe('a callback URL', () => {
  it.each([
    'https://a.example',
    'https://a.example:8443/x?token=y',
    'http://127.0.0.1:9/',
    'HTTPS://A.EXAMPLE/',
  ])('may be %s', (url) => {
    expect(findCallbackUrlFault(url)).toBeNull();
  });

  it.each([
    ['', /https/],
    ['a.example/x', /https/],
    ['ftp://a.example', /https/],
    ['javascript:alert(1)', /https/],
    ['https://', /https/],
    [' https://a.example', /https/],
    ['https://user:pass@a.example', /credentials/],
    ['https://user@a.example', /credentials/],
    ['https://a.example/#x', /fragment/],
    [`https://a.example/${'x'.repeat(2048)}`, /2048/],
  ])('may not be %s', (url, fault) => {
    expect(findCallbackUrlFault(url)).toMatch(fault);
  });
});

describe('CALLBACK_SECRETS', () => {
  const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
  const parse = (value: string) => callbackSecretsSchema.safeParse(value);

  it('are kept by client, in order, and print nothing', () => {
    const [old, next] = [secretOf(24), secretOf(64)];
    const { data } = parse(`studio:${old}, studio:${next},agency:${old}`);
    expect(data?.get('studio')?.map((secret) => secret.reveal())).toEqual([old, next]);
    expect(data?.get('agency')).toHaveLength(1);
    expect(JSON.stringify([...(data ?? [])])).not.toContain('whsec');
  });

  it.each([
    ['no client', secretOf(32)],
    ['too few bytes', `studio:${secretOf(23)}`],
    ['too many bytes', `studio:${secretOf(65)}`],
    ['no prefix', `studio:${secretOf(32).slice(6)}`],
    ['not base64', `studio:whsec_${'*'.repeat(40)}`],
    ['cut base64', `studio:${secretOf(32).slice(0, -1)}`],
    ['an empty entry', `studio:${secretOf(32)},`],
  ])('are refused with %s, and not repeated', (_name, value) => {
    const { error } = parse(value);
    expect(error?.issues).toHaveLength(1);
    expect(error?.issues[0]?.message).toMatch(/^entry \d is not client:whsec_/);
    expect(error?.issues[0]?.message).not.toContain(value.split('whsec_')[1]?.slice(0, 8) || 'BwcH');
  });
});

describe('CALLBACK_ALLOW', () => {
  it('tells names from networks', () => {
    expect(
      callbackAllowSchema.parse(
        'Hooks.example.com, .example.org,10.0.0.0/8,fd00::/8,192.0.2.7,::1,localhost',
      ),
    ).toEqual({
      names: ['hooks.example.com', '.example.org', '192.0.2.7', '::1', 'localhost'],
      networks: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7/32', '::1/128', '127.0.0.0/8', '::1/128'],
    });
  });

  it.each([
    '',
    'https://a.example',
    '10.0.0.0/33',
    '300.1.1.1',
    '10.1',
    '*.example.com',
    'a b',
    'a.example:443',
  ])('does not take %j', (value) => {
    expect(callbackAllowSchema.safeParse(value).success).toBe(false);
  });
});
