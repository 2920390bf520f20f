// Every alarm has its runbook with no empty part, and what a runbook names is there: routes, metrics, panels, variables, sections.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeVariables } from '../../src/config/parse.ts';
import { ALARMS } from '../../src/service/runtime/alarms.ts';

const PARTS = ['Meaning', 'At stake', 'Look first', 'Do', 'Recovers'];
const FEWEST_WORDS = 5;

const runbooks = readFileSync('docs/operations/runbooks.md', 'utf8');
const { paths } = JSON.parse(readFileSync('openapi/clipgate.json', 'utf8')) as {
  paths: Record<string, object>;
};
const { panels } = JSON.parse(readFileSync('deploy/grafana/clipgate.json', 'utf8')) as {
  panels: { title: string }[];
};
const readRules = (name: string): string => readFileSync(`deploy/prometheus/${name}.yml`, 'utf8');
const rules = readRules('alarms') + readRules('rules');
const variables = new Set(describeVariables().map(({ name }) => name));

interface Section {
  readonly name: string;
  readonly text: string;
}

const readSections = (markdown: string): Section[] =>
  [...markdown.matchAll(/^### `(\w+)`\n\n((?:- .*\n)+)/gm)].map(([, name = '', text = '']) => ({
    name,
    text,
  }));

/** What a section lacks, and what it names that is not there. */
function findFaults({ name, text }: Section): string[] {
  const parts = [...text.matchAll(/^- \*\*([^*]+):\*\* (.*)$/gm)].map(([, part = '', words = '']) => ({
    part,
    words,
  }));
  const named = [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  const routes = named.flatMap((code) => {
    const [, method = '', path = ''] = /^(GET|POST|PATCH|PUT|DELETE) (\/[^? ]*)/.exec(code) ?? [];
    return path === '' ? [] : [{ method: method.toLowerCase(), path }];
  });
  return [
    ...(parts.map(({ part }) => part).join() === PARTS.join()
      ? []
      : [`has the parts ${parts.map(({ part }) => part)}`]),
    ...parts
      .filter(({ words }) => words.split(' ').length < FEWEST_WORDS)
      .map(({ part }) => `says nothing under ${part}`),
    ...routes
      .filter(({ method, path }) => !Object.hasOwn(paths[path] ?? {}, method))
      .map(({ method, path }) => `${method} ${path} is no route`),
    ...[...text.matchAll(/panels? ((?:"[^"]+"(?:, | and )?)+)/g)]
      .flatMap(([, list = '']) => [...list.matchAll(/"([^"]+)"/g)])
      .flatMap(([, title = '']) =>
        panels.some((one) => one.title === title) ? [] : [`"${title}" is no panel`],
      ),
    ...named
      .filter(
        (code) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code) && !variables.has(code.replace(/_FILE$/, '')),
      )
      .map((code) => `${code} is no variable`),
    ...named
      .filter((code) => /^Clipgate\w+$/.test(code) && !rules.includes(`alert: ${code}\n`))
      .map((code) => `${code} is no rule`),
  ].map((fault) => `${name} ${fault}`);
}

describe('the runbooks', () => {
  const sections = readSections(runbooks);

  it('are one for each alarm and each rule beside, and no other', () => {
    const others = [...readRules('rules').matchAll(/alert: (\w+)/g)].map(([, name = '']) => name);
    expect(others).not.toEqual([]);
    expect(sections.map(({ name }) => name).sort()).toEqual([...Object.keys(ALARMS), ...others].sort());
    expect([...runbooks.matchAll(/^### /gm)]).toHaveLength(sections.length);
  });

  it('have every part, and name what is there', () => {
    expect(sections.flatMap(findFaults)).toEqual([]);
  });

  it('are linked from the list of alarms and from the rules', () => {
    const list = readFileSync('docs/reference/alarms.md', 'utf8');
    for (const name of Object.keys(ALARMS)) {
      expect(list).toContain(`](../operations/runbooks.md#${name})`);
    }
    const alerts = [...rules.matchAll(/alert: /g)];
    const anchors = [...rules.matchAll(/runbook_url: 'docs\/operations\/runbooks\.md#(\w+)'/g)].map(
      ([, anchor = '']) => anchor,
    );
    expect(anchors.sort()).toEqual(sections.map(({ name }) => name.toLowerCase()).sort());
    expect(anchors).toHaveLength(alerts.length);
  });

  it('would be found out', () => {
    const part = (words: string) => PARTS.map((name) => `- **${name}:** ${words}\n`).join('');
    const faults = (text: string) => findFaults({ name: 'x', text });
    expect(faults(part('a person looks at the log first'))).toEqual([]);
    expect(faults(part('look'))).toHaveLength(5);
    expect(faults(part('a person looks at the log first').replace('Do', 'Act'))).toHaveLength(1);
    for (const wrong of ['`GET /nothing`', 'the panel "Nothing"', '`NO_SUCH_VARIABLE`', '`ClipgateNothing`'])
      expect(faults(part(`a person looks at ${wrong} first of all`))).toHaveLength(5);
  });
});
