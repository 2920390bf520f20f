// A name twice in one object: found wherever it stands and however it is spelled, and nowhere else.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDuplicateKey } from '../../../src/http/input/duplicate-keys.ts';
import { CLIP, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const find = (text: string) => findDuplicateKey(text)?.path ?? null;

const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const names = (count: number) => Array.from({ length: count }, (_, i) => `"n${i}":0`).join(',');

describe('a text', () => {
  it.each<[text: string, path: readonly PropertyKey[]]>([
    ['{"a":1,"a":1}', ['a']],
    ['{"a":1,"b":2,"a":{}}', ['a']],
    ['{"a":{"b":1},"c":{"b":1,"b":2}}', ['c', 'b']],
    ['[{"a":1},{"b":[0,[],{}],"a":1,"b":2}]', [1, 'b']],
    ['{"a":[1,2,{"b":{},"b":{}}]}', ['a', 2, 'b']],
    ['{ "a" : 1 ,\n\t"a"\r\n: 2 }', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"\\"":1,"\\u0022":2}', ['"']],
    ['{"\\\\":":","\\\\":2}', ['\\']],
    ['{"":1,"":2}', ['']],
    ['{"1":1,"1":2}', ['1']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
  ])('with one twice is found out: %s', (text, path) => {
    expect(find(text)).toEqual(path);
  });

  it.each([
    '{}',
    '[]',
    '"a"',
    '1',
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"\\"a\\":1,\\"a\\":2"}',
    '{"a":["b","b",":"],"c":"\\\\"}',
    `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
  ])('without is let through: %s', (text) => {
    expect(find(text)).toBeNull();
  });

  it.each<[what: string, text: string, path: readonly PropertyKey[]]>([
    ['deep', `{"a":${nest(65)},"a":{},"b":1,"b":2}`, ['a']],
    ['very deep', `{"b":1,"a":${nest(9_000)},"b":2,"a":{}}`, ['b']],
    ['long', `{"a":{${names(19_990)}},"a":{},"b":1,"b":2}`, ['a']],
  ])('with one twice is found out beside what is %s', (_, text, path) => {
    expect(find(text)).toEqual(path);
  });

  it.each<[what: string, text: string, message: string]>([
    ['too deep to be shown', `{"a":${nest(100_000)},"a":1}`, 'is nested more than 10000 levels deep'],
    ['among too many', `{"a":{${names(20_000)}},"a":{}}`, 'has more than 20000 names and texts'],
    ['among too many texts', `{"a":[${'"",'.repeat(20_000)}1],"a":1}`, 'has more than 20000 names and texts'],
  ])('with one twice, %s, is refused as a whole', (_, text, message) => {
    expect(findDuplicateKey(text)).toEqual({ path: [], message });
  });

  it('is judged alike whatever stands in it', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4, withObjectString: true }), fc.nat(4), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(find(text)).toBeNull();
        // What is undefined is not written.
        const [name] = Object.keys(JSON.parse(text) as object);
        // The same again at the end of the outermost object.
        fc.pre(name !== undefined);
        const again = `${text.slice(0, text.lastIndexOf('}'))},${JSON.stringify(name)}:null}`;
        expect(find(again)).toEqual([name]);
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});

describe('a request', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ background: false });
  });
  afterAll(() => gateway.close());

  it.each([
    ['/route', '"duration":8', '/duration'],
    ['/jobs', '"duration":8', '/duration'],
    ['/jobs', '"trace":{"a/b":{"c":1,"c":1}}', '/trace/a~1b/c'],
  ])('to %s with %s beside what it has is refused, and buys nothing', async (path, more, pointer) => {
    const { model: _, ...clip } = CLIP;
    const body = `${JSON.stringify(clip).slice(0, -1)},${more}}`;
    const response = await gateway.request(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(await readAs<ProblemAnswer>(response)).toMatchObject({
      status: 400,
      code: 'malformed_body',
      detail: `${pointer} is given more than once.`,
      errors: [{ in: 'body', pointer, message: 'is given more than once' }],
    });
    expect(gateway.simulator.ledger()).toEqual([]);
  });

  it.each<[what: string, lost: string, at: string, pointer: string]>([
    ['deep', nest(65), '/trace is given', '/trace'],
    ['long', `{${names(19_980)}}`, '/trace is given', '/trace'],
    ['too deep to be shown', nest(20_000), 'The body is nested more than 10000 levels', ''],
    ['too long to be shown', `{${names(20_000)}}`, 'The body has more than 20000 names', ''],
  ])('that loses what is %s is refused, and buys nothing', async (_, lost, begins, pointer) => {
    const body = `{"trace":${lost},"trace":{},"duration":8,${JSON.stringify(CLIP).slice(1)}`;
    const headers = { 'content-type': 'application/json' };
    const response = await gateway.request('/jobs', { method: 'POST', body, headers });
    expect(await readAs<ProblemAnswer>(response)).toMatchObject({
      status: 400,
      code: 'malformed_body',
      detail: expect.stringMatching(`^${begins}`),
      errors: [{ in: 'body', pointer }],
    });
    expect(gateway.simulator.ledger()).toEqual([]);
  });
});
