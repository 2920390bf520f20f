// Every expression of the dashboard and of the alert rules reads metrics and labels that /metrics has.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createPrometheus } from '../../src/metrics/prometheus.ts';

const dashboard = readFileSync('deploy/grafana/clipgate.json', 'utf8');
const rules = readFileSync('deploy/prometheus/rules.yml', 'utf8');
const { panels } = JSON.parse(dashboard) as { panels: { title: string; targets?: { expr: string }[] }[] };
const expressions = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...[...rules.matchAll(/^ +expr: '(.+)'$/gm)].map(([, expr = '']) => expr),
];

/** Labels by name of metric, of an exposition in which everything has happened once. */
async function readMetrics(): Promise<Map<string, Set<string>>> {
  const metrics = createPrometheus({
    version: '1',
    alarms: ['store_corrupt'],
    hasModel: () => true,
    read: async () => ({
      storeReady: true,
      openJobs: new Map([['submission_unknown', 1]]),
      budgets: [{ id: 'b', limitUsd: 1, spentUsd: 1, heldUsd: 1, endsAtS: 1 }],
      budgetDriftUsd: 0,
      archive: { bytes: 1, backlog: 1 },
      catalog: { ageS: 1, models: 1, unreadable: 1 },
      pollLagS: 1,
      inFlight: { poller: 1 },
      openBreakers: { pair: 0, model: 0, client: 0, all: 0 },
    }),
  });
  metrics.requestEnded({ method: 'GET', route: '/jobs', status: 200, seconds: 1 });
  metrics.submitEnded({ model: 'm', outcome: 'accepted', seconds: 1 });
  metrics.jobEnded({ model: 'm', status: 'completed', seconds: 1, estimatedUsd: 1, billedUsd: 1 });
  metrics.spent({ client: 'c', model: 'm', usd: 1 });
  const labels = new Map<string, Set<string>>();
  for (const line of (await metrics.render()).text.split('\n')) {
    const [, name = '', inner = ''] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? [];
    const names = labels.get(name) ?? new Set<string>();
    for (const [, label = ''] of inner.matchAll(/(\w+)="/g)) names.add(label);
    labels.set(name, names);
  }
  return labels;
}

function findFault(expr: string, labels: Map<string, Set<string>>): string | null {
  const names = [...expr.matchAll(/\b(?:clipgate|process|nodejs)_\w+/g)].map(([name]) => name);
  if (names.length === 0) return 'no metric';
  const asked = [
    ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */)),
    ...[...expr.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label),
  ];
  for (const name of names) {
    const known = labels.get(name);
    if (!known) return `no metric ${name}`;
    const missing = asked.find((label) => !known.has(label));
    if (missing !== undefined) return `${name} has no label ${missing}`;
  }
  return null;
}

describe('the dashboard and the rules', () => {
  it('read what is there', async () => {
    const labels = await readMetrics();
    expect(expressions.length).toBeGreaterThan(30);
    expect(expressions.flatMap((expr) => findFault(expr, labels) ?? [])).toEqual([]);
  });

  it('would be found out', async () => {
    const labels = await readMetrics();
    expect(findFault('sum(clipgate_gone_total)', labels)).toBe('no metric clipgate_gone_total');
    expect(findFault('sum by (key) (clipgate_jobs)', labels)).toBe('clipgate_jobs has no label key');
  });

  it('money comes first', () => {
    expect(panels[0]?.title).toBe('Money');
  });
});
