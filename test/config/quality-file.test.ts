// The operator's marks: any scale, and a boot that names the entry which is wrong.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readQualityFile } from '../../src/config/quality-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(content: unknown) {
  const file = join(folder, 'quality.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readQualityFile(file);
}

describe('the quality file', () => {
  it.each([
    ['marks from 0 to 1 as they are', { 'a/b': 0.5, 'a/c': 0.25 }, { 'a/b': 0.5, 'a/c': 0.25 }],
    ['any other scale brought to it', { 'a/b': 10, 'a/c': 5, 'a/d': 0 }, { 'a/b': 1, 'a/c': 0.5, 'a/d': 0 }],
    ['no marks', {}, {}],
  ])('gives %s', async (_name, content, marks) => {
    expect(Object.fromEntries(await read(content))).toEqual(marks);
  });

  it.each<[unknown, RegExp]>([
    [{ 'a/b': 'good', 'a/c': 1 }, /QUALITY_FILE: "a\/b": .*expected number/],
    [{ 'a/b': -1 }, /QUALITY_FILE: "a\/b": must not be below 0/],
    [{ veo: 1 }, /QUALITY_FILE: entry 1 is not a model id/],
    [{ 'a/b': 0 }, /at least one mark must be above 0/],
    [[1, 2], /QUALITY_FILE: .*expected record/],
    ['{', /is not JSON/],
  ])('refuses %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it.each([
    'sk-or-v1-canary',
    '{"sk-or-v1-canary": 1}',
    '{"a/b": "sk-or-v1-canary"}',
    '{"a/b": sk-or-v1-canary}',
  ])('quotes nothing of a file that is no such list: %s', async (content) => {
    const refused = await read(content).catch((error: Error) => error.message);
    expect(refused).toContain('QUALITY_FILE');
    expect(refused).not.toContain('canary');
  });

  it('names every wrong entry at once', async () => {
    await expect(read({ 'a/b': -1, 'a/c': null })).rejects.toThrow(/a\/b[\s\S]*a\/c/);
  });

  it('says so where there is none', async () => {
    await expect(readQualityFile(join(folder, 'none.json'))).rejects.toThrow(/QUALITY_FILE: cannot be read/);
  });
});
