// Where a fault is, told in no more words than a person reads, however long the names were.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toInputError } from '../../../src/http/input/input-errors.ts';
import { CLIP, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

describe('a pointer', () => {
  const point = (...path: PropertyKey[]) => toInputError(path, 'is wrong').pointer;

  it('is whole up to 200 characters', () => {
    expect(point('a/b', 0, 'c~d')).toBe('/a~1b/0/c~0d');
    expect(point('x'.repeat(199))).toBe(`/${'x'.repeat(199)}`);
    expect(point()).toBe('');
  });

  it.each<[what: string, path: PropertyKey[], pointer: string]>([
    ['one long name', ['x'.repeat(200)], `/${'x'.repeat(199)}…`],
    ['many names', Array.from({ length: 10_000 }, () => 'x'), `${'/x'.repeat(100)}…`],
    ['an escape across the end', [`${'x'.repeat(198)}//`], `/${'x'.repeat(198)}…`],
    ['a pair across the end', [`${'x'.repeat(198)}😀😀`], `/${'x'.repeat(198)}…`],
  ])('is cut behind them: %s', (_, path, pointer) => {
    expect(point(...path)).toBe(pointer);
  });
});

describe('an answer', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ background: false });
  });
  afterAll(() => gateway.close());

  const long = `"${'x'.repeat(1_000_000)}":1`;
  const send = async (path: string, body: string) => {
    const headers = { 'content-type': 'application/json' };
    return readAs<ProblemAnswer>(await gateway.request(path, { method: 'POST', body, headers }));
  };

  it.each([
    ['a field that is not known', long],
    ['a name that is repeated', `"trace":{${long},${long}}`],
    ['a field that holds a NUL', `"trace":{${long.replace(':1', ':"\\u0000"')}}`],
    ['a name at the wrong place', `"models":{${long}}`],
    ['a provider option', `"provider":{"options":{${long}}}`],
    ['a pattern of models', `"models":{"allow":[${long.slice(0, -2)}]}`],
  ])('is short whatever was sent: %s', async (_, more) => {
    const answer = await send('/jobs', `${JSON.stringify(CLIP).slice(0, -1)},${more}}`);
    expect(JSON.stringify(answer).length).toBeLessThan(2_000);
    expect(answer.status).toBe(400);
  });

  it('of a provider’s options is short for each model', async () => {
    const { model: _, ...clip } = CLIP;
    const more = `"provider":{"options":{"google-vertex":{${long}}}}`;
    const all = await send('/jobs', `${JSON.stringify(clip).slice(0, -1)},${more}}`);
    expect(all.code).toBe('no_matching_model');
    expect(JSON.stringify(all).length).toBeLessThan(50_000);
    const one = await send('/jobs', `${JSON.stringify(CLIP).slice(0, -1)},${more}}`);
    expect(one.code).toBe('unsupported_request');
    expect(JSON.stringify(one).length).toBeLessThan(2_000);
  });
});
