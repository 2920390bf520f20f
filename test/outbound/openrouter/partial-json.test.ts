// The id in JSON that was cut: only the member of the outermost object, and only where its value came whole.

import { expect, it } from 'vitest';
import { findTopLevelId } from '../../../src/outbound/openrouter/partial-json.ts';

it.each<[string, string]>([
  ['{"id":"gen1"', 'gen1'],
  ['{"id" : "gen1" , "st', 'gen1'],
  ['{"polling_url":"x, \\"id\\":\\"no\\"","id":"gen1","s', 'gen1'],
  ['{"user":{"id":"no"},"list":[{"id":"no"}],"id":"gen1",', 'gen1'],
  ['[ {"id":"gen1","status":"pe', 'gen1'],
  ['{"n":-12.5e3,"b":true,"id":12345,', '12345'],
  ['{"id":"a\\/b","x', 'a/b'],
])('finds it in %s', (text, id) => {
  expect(findTopLevelId(text)).toBe(id);
});

it.each([
  '',
  'accepted',
  '"id":"gen1"',
  '{"id":"gen',
  '{"id":123',
  '{"id":1.5,"a":1',
  '{"job":{"id":"gen1"},"st',
  '{"a":1}{"id":"gen1"',
  '[[{"id":"gen1"',
  '{"x":"id":"gen1"',
  '{"my_id":"gen1","st',
  '{"id":null,"st',
  '{"id":"","st',
  '{"id":".","st',
])('finds none in %s', (text) => {
  expect(findTopLevelId(text)).toBeNull();
});
