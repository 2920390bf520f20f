// A duplicate key, too deep a value, too many values: found wherever the bytes are cut, and nowhere else.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJsonScan, type ScanFault } from '../../../src/http/input/json-scan.ts';
import { CLIP, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

/** The fault found, in pieces of so many bytes. */
function scan(text: string, size = Number.MAX_SAFE_INTEGER): ScanFault | null {
  const bytes = Buffer.from(text);
  const { push } = createJsonScan();
  for (let start = 0; start < bytes.length; start += size) {
    const fault = push(bytes.subarray(start, Math.min(bytes.length, start + size)));
    if (fault) return fault;
  }
  return null;
}
const find = (text: string) => scan(text)?.path ?? null;

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
    for (const size of [1, 2, 3, 7, 1000]) {
      expect(scan(text, size)).toMatchObject({ path, code: 'malformed_body' });
    }
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
    `{"a":"${'x\\\\'.repeat(50)}","b":"${'\\"a'.repeat(50)}"}`,
    `{"a":${nest(31)}}`,
    `[${'0,'.repeat(9_998)}0]`,
  ])('without is let through: %s', (text) => {
    for (const size of [1, 2, 3, 7, 1000]) expect(scan(text, size)).toBeNull();
  });

  const whole = (message: string) => ({ code: 'invalid_request' as const, path: [], message });
  const LONG = 'x'.repeat(2 ** 21 + 1);
  const TOO_LONG =
    'is longer than 2 MB: only a data: URL may be, and a prompt has at most 100,000 characters';
  it.each<[what: string, text: string, fault: ScanFault]>([
    ['brackets', '['.repeat(40), { ...whole('is nested more than 32 levels deep'), path: Array(32).fill(0) }],
    ['commas', `[${'0,'.repeat(20_001)}`, whole('has more than 10000 values')],
    ['objects', `[${'{},'.repeat(10_001)}`, whole('has more than 10000 values')],
    ['names', `{${names(20_002)}`, whole('has more than 10000 values')],
    ['a name', `{"a":{"${LONG}`, { ...whole('has a field whose name is longer than 2 MB'), path: ['a'] }],
    ['text', `{"a":[1,"${LONG}`, { ...whole(TOO_LONG), path: ['a', 1] }],
    ['other scripts', `["data:image/png;base64,\u6f22${LONG}`, { ...whole(TOO_LONG), path: [0] }],
    ['escapes', `["DATA:image/png;base64,${'\\u0041'.repeat(400_000)}`, { ...whole(TOO_LONG), path: [0] }],
  ])('is refused before its end: too much of %s', (_, text, fault) => {
    for (const size of [999, 10_000_000]) expect(scan(text, size)).toEqual(fault);
  });

  it('may hold a picture of any length, and the longest prompt with every character escaped', () => {
    const long = `["data:image\\/png;base64,${'A'.repeat(2 ** 21)}","${'\\u6f22'.repeat(300_000)}"]`;
    for (const size of [1000, 10_000_000]) expect(scan(long, size)).toBeNull();
  });

  it('is judged alike whatever stands in it', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4, withObjectString: true }), fc.nat(4), (value, space) => {
        const text = JSON.stringify(value, null, space);
        for (const size of [1, 5, 1000]) expect(scan(text, size)).toBeNull();
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
});
