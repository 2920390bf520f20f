// The changelog says for each version how to get to it and back, in accord with the migrations.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/store/migrations/migrations.ts';

const versions = readFileSync('CHANGELOG.md', 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ name: text.split('\n')[0] ?? '', text }));

const sectionOf = (text: string, title: string): string =>
  (text.split(/^### /m).find((one) => one.startsWith(`${title}\n`)) ?? '').slice(title.length).trim();

it('has upgrade and rollback notes for every version', () => {
  expect(versions.length).toBeGreaterThan(0);
  for (const { name, text } of versions)
    for (const title of ['Upgrade notes', 'Rollback notes'])
      expect(sectionOf(text, title), `${title} of ${name}`).toMatch(/^- \S/);
});

it('names the schema of the newest version, and the oldest that programs must know to run on it', () => {
  const notes = sectionOf(versions[0]?.text ?? '', 'Rollback notes');
  expect(notes).toContain(`The schema is ${MIGRATIONS.at(-1)?.version}.`);
  const oldest = Math.max(...MIGRATIONS.map(({ version, minReader = version }) => minReader));
  expect(notes).toContain(`Programs that know schema ${oldest} or newer run on it`);
});
