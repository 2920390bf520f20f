// Every expression of the dashboard and of the alert rules fits what /metrics of a gateway says that has bought, failed and delivered.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ALARMS } from '../../src/service/runtime/alarms.ts';
import { OPERATOR_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const dashboard = readFileSync('deploy/grafana/clipgate.json', 'utf8');
const RULES = ['deploy/prometheus/alarms.yml', 'deploy/prometheus/rules.yml'];
const { panels } = JSON.parse(dashboard) as { panels: { title: string; targets?: { expr: string }[] }[] };
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const alerts = RULES.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/alert: (\w+)\n +expr: '(.+)'$/gm)].map(
    ([, name = '', expr = '']) => ({ name, expr }),
  ),
);
const expressions = [...shown, ...alerts.map(({ expr }) => expr)];

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const CLIP = { model: 'google/veo-3.1-lite', duration: 4, resolution: '720p', prompt: 'A paper boat' };

interface Exposition {
  readonly text: string;
  /** Of each metric, by the name that its help line has. */
  readonly types: ReadonlyMap<string, string>;
  /** Values of each label of each series' name. */
  readonly labels: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
}

function readExposition(text: string): Exposition {
  const labels = new Map<string, Map<string, Set<string>>>();
  for (const line of text.split('\n')) {
    const [, name, inner = ''] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const known = labels.get(name) ?? new Map<string, Set<string>>();
    for (const [, label = '', value = ''] of inner.matchAll(/(\w+)="([^"]*)"/g))
      known.set(label, (known.get(label) ?? new Set<string>()).add(value));
    labels.set(name, known);
  }
  const types = new Map(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  return { text, types, labels };
}

/** What Prometheus itself says of each target. */
const OWN: ReadonlyMap<string, readonly string[]> = new Map([['up', ['job', 'instance']]]);

/** What an expression asks for that is not there, or is not of the kind it takes it for; null = nothing. */
function findFault(expr: string, { types, labels }: Exposition): string | null {
  const names = [...expr.matchAll(/\b(?:(?:clipgate|process|nodejs)_\w+|up\b)/g)].map(([name]) => name);
  if (names.length === 0) return 'no metric';
  const asked = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  const matched = [...expr.matchAll(/(\w+)(=~?)"([^"]*)"/g)].map(([, label = '', how = '', value = '']) => ({
    label,
    value: how === '=' ? value : null,
  }));
  const rated = new Set([...expr.matchAll(/(?:rate|increase)\((\w+)/g)].map(([, name = '']) => name));
  const quantiles = [...expr.matchAll(/histogram_quantile\([\d.]+, sum by \(([^)]*)\) \(rate\((\w+)/g)];
  if (quantiles.length !== [...expr.matchAll(/histogram_quantile/g)].length)
    return 'a quantile of what is no rate';
  for (const [, list = '', name = ''] of quantiles) {
    if (!name.endsWith('_bucket')) return `a quantile of ${name}, which is no bucket`;
    if (!list.split(/, */).includes('le')) return `a quantile of ${name} without le`;
  }
  for (const name of names) {
    const own = OWN.get(name);
    const known = labels.get(name);
    if (!known && !own) return `no metric ${name}`;
    for (const label of [...asked, ...matched.map((one) => one.label)])
      if (!(known?.has(label) || own?.includes(label))) return `${name} has no label ${label}`;
    for (const { label, value } of matched)
      if (value !== null && !known?.get(label)?.has(value)) return `${name} has no ${label}="${value}"`;
    if (own) continue;
    const type =
      types.get(name) ??
      (types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram' ? 'counter' : null);
    if (type === null) return `${name} has no type`;
    if (rated.has(name) && type !== 'counter') return `a rate of ${name}, which is a ${type}`;
    // Beside `unless` a counter is only asked whether it is there.
    if (!rated.has(name) && type === 'counter' && !expr.includes(' unless ')) return `${name} without a rate`;
  }
  return null;
}

let gateway: TestGateway;
let receiver: Receiver;
let exposition: Exposition;
beforeAll(async () => {
  receiver = await startReceiver();
  gateway = await startTestGateway({
    background: false,
    env: { CALLBACK_SECRETS: `studio:${SECRET}`, CALLBACK_ALLOW: '127.0.0.0/8' },
  });
  const operator = { authorization: `Bearer ${OPERATOR_KEY}` };
  await gateway.gateway.refreshCatalog();
  await gateway.post('/budgets', { scope: { kind: 'all' }, limit_usd: 100, period: 'month' }, operator);
  const order = async (prompt: string) => {
    const answer = await gateway.post('/jobs', { ...CLIP, prompt, callback_url: receiver.url });
    expect(answer.status).toBe(202);
  };
  await order('A paper boat');
  await order('A paper boat [sim:fail]');
  await order('A paper boat [sim:reset when=after]');
  expect((await gateway.post('/jobs', { ...CLIP, model: 'no/such' })).status).toBe(422);
  await vi.waitFor(async () => {
    await gateway.tick();
    await (await gateway.gateway.dispatcher.tick()).settled;
    const ended = receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    expect(ended).toEqual(expect.arrayContaining(['job.completed', 'job.failed']));
  }, 20_000);
  exposition = readExposition(await (await gateway.request('/metrics', { headers: operator })).text());
}, 60_000);
afterAll(async () => {
  await gateway?.close();
  await receiver?.close();
});

describe('the dashboard and the rules', () => {
  it('read what is there, as what it is', () => {
    expect(shown.length).toBeGreaterThan(25);
    expect(alerts.length).toBeGreaterThan(Object.keys(ALARMS).length);
    expect(expressions.flatMap((expr) => findFault(expr, exposition) ?? [])).toEqual([]);
  });

  it('have had something to read', () => {
    for (const [name, value] of [
      ['clipgate_jobs_ended_total', 'completed'],
      ['clipgate_jobs_ended_total', 'failed'],
      ['clipgate_submits_total', 'unknown'],
    ] as const) {
      const series = exposition.text
        .split('\n')
        .find((line) => line.startsWith(name) && line.includes(value));
      expect(series, `${name} ${value}`).toMatch(/ [1-9]\d*$/);
    }
    expect(exposition.text).toMatch(/^clipgate_callbacks_total\{outcome="delivered"\} [1-9]/m);
  });

  it.each([
    ['sum(clipgate_gone_total)', 'no metric clipgate_gone_total'],
    ['sum by (key) (clipgate_jobs)', 'clipgate_jobs has no label key'],
    ['max(clipgate_jobs{status="gone"})', 'clipgate_jobs has no status="gone"'],
    ['sum(rate(clipgate_jobs[5m]))', 'a rate of clipgate_jobs, which is a gauge'],
    ['sum(clipgate_submits_total)', 'clipgate_submits_total without a rate'],
    [
      'histogram_quantile(0.5, sum by (model) (rate(clipgate_job_duration_seconds_bucket[5m])))',
      'a quantile of clipgate_job_duration_seconds_bucket without le',
    ],
    [
      'histogram_quantile(0.5, sum by (le) (rate(clipgate_job_duration_seconds_sum[5m])))',
      'a quantile of clipgate_job_duration_seconds_sum, which is no bucket',
    ],
    ['up{pod="x"} == 0', 'up has no label pod'],
  ])('%s would be found out', (expr, fault) => {
    expect(findFault(expr, exposition)).toBe(fault);
  });

  it('money comes first', () => {
    expect(panels[0]?.title).toBe('Money');
  });
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool)
  process.stderr.write('promtool (Debian: package prometheus) is not installed: its checks are skipped.\n');

describe.skipIf(!hasPromtool)('promtool', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'clipgate-promtool-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const promtool = (...args: string[]) => execFileSync('promtool', args, { encoding: 'utf8', stdio: 'pipe' });
  const write = (name: string, content: object): string => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify(content));
    return file;
  };

  it('reads the rules, every expression of the dashboard, and the exposition', () => {
    expect(promtool('check', 'rules', ...RULES)).toContain('SUCCESS');
    const rules = shown.map((expr, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    promtool('check', 'rules', write('dashboard.yml', { groups: [{ name: 'dashboard', rules }] }));
    // It lints as well, and does not like names of prom-client's own.
    const own = exposition.text.split('\n').filter((line) => /^(# \w+ )?clipgate_/.test(line));
    execFileSync('promtool', ['check', 'metrics'], { input: `${own.join('\n')}\n`, stdio: 'pipe' });
  });

  /** Series of each alert that must make it fire; it must be over where they are `quiet`. */
  const isFiring = (
    name: string,
    series: readonly (readonly [string, string])[],
    minute: number,
    fires: boolean,
  ) => {
    const labels = readLabels(name);
    return {
      interval: '1m',
      input_series: series.map(([one, values]) => ({ series: one, values })),
      alert_rule_test: [
        {
          eval_time: `${minute}m`,
          alertname: name,
          exp_alerts: fires ? [{ exp_labels: labels.labels, exp_annotations: labels.annotations }] : [],
        },
      ],
    };
  };

  interface Rule {
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  }
  /** Labels and annotations as the file has them, with what a template is filled with. */
  function readLabels(name: string): Rule {
    const text = RULES.map((file) => readFileSync(file, 'utf8')).join('\n');
    const rule = text.split(/^ {6}- /m).find((one) => one.startsWith(`alert: ${name}\n`)) ?? '';
    const read = (key: string) =>
      new RegExp(`^ +${key}: '?(.*?)'?$`, 'm').exec(rule)?.[1]?.replaceAll("''", "'");
    const extra: Record<string, string> = FILLED[name] ?? {};
    const fill = (value: string) =>
      value.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => extra[label] ?? '');
    const pick = (keys: string[]) =>
      Object.fromEntries(
        keys.flatMap((key) => (read(key) === undefined ? [] : [[key, fill(read(key) ?? '')]])),
      );
    return {
      labels: { ...pick(['severity']), ...extra },
      annotations: pick(['summary', 'description', 'runbook_url']),
    };
  }
  const FILLED: Readonly<Record<string, Record<string, string>>> = {
    ClipgateReplicaDown: { job: 'clipgate', instance: 'b' },
    ClipgateBudgetNearlySpent: { budget: 'x' },
  };

  it('fires every alert when it is due, and ends it when it is over', { timeout: 120_000 }, () => {
    const up = ['clipgate_build_info{instance="a"}', '1x60'] as const;
    const tests = [
      ...Object.keys(ALARMS).flatMap((alarm) => {
        const name = alerts.find(({ expr }) => expr.includes(`alarm="${alarm}"`))?.name ?? alarm;
        const of = (instance: string) => `clipgate_alarms_total{alarm="${alarm}",instance="${instance}"}`;
        const raisedOnce = [
          [of('a'), '0x20 1x60'],
          [of('b'), '0x80'],
        ] as const;
        // A process that raised it before it was scraped for the first time.
        const raisedAtStart = [
          [of('a'), '0x80'],
          [of('b'), '_x20 1x60'],
        ] as const;
        return [
          isFiring(name, raisedOnce, 19, false),
          isFiring(name, raisedOnce, 22, true),
          isFiring(name, raisedOnce, 40, false),
          isFiring(name, raisedAtStart, 22, true),
          isFiring(name, raisedAtStart, 40, false),
        ];
      }),
      isFiring('ClipgateAbsent', [['other', '1x60']], 6, true),
      isFiring('ClipgateAbsent', [up], 6, false),
      isFiring(
        'ClipgateReplicaDown',
        [
          ['up{job="clipgate",instance="a"}', '1x60'],
          ['up{job="clipgate",instance="b"}', '0x60'],
        ],
        6,
        true,
      ),
      isFiring('ClipgateReplicaDown', [['up{job="other",instance="b"}', '0x60']], 6, false),
      isFiring('ClipgateStoreNotReady', [['clipgate_store_ready{instance="a"}', '0x60']], 6, true),
      isFiring('ClipgateStoreNotReady', [['clipgate_store_ready{instance="a"}', '0x2 1x60']], 6, false),
      isFiring(
        'ClipgateSubmissionUnknown',
        [['clipgate_jobs{status="submission_unknown"}', '2x60']],
        16,
        true,
      ),
      isFiring(
        'ClipgateSubmissionUnknown',
        [['clipgate_jobs{status="submission_unknown"}', '2x60']],
        14,
        false,
      ),
      ...[
        [91, true],
        [89, false],
      ].map(([spent, fires]) =>
        isFiring(
          'ClipgateBudgetNearlySpent',
          [
            ['clipgate_budget_spent_usd{budget="x"}', `${spent}x60`],
            ['clipgate_budget_held_usd{budget="x"}', '0x60'],
            ['clipgate_budget_limit_usd{budget="x"}', '100x60'],
          ],
          6,
          fires === true,
        ),
      ),
      ...[
        [10, true],
        [4, false],
      ].map(([errors, fires]) =>
        isFiring(
          'ClipgateServerErrors',
          [
            ['clipgate_http_requests_total{status="503"}', `0+${errors}x60`],
            ['clipgate_http_requests_total{status="200"}', '0+96x60'],
          ],
          30,
          fires === true,
        ),
      ),
    ];
    const tested = new Set(tests.flatMap((one) => one.alert_rule_test.map(({ alertname }) => alertname)));
    expect(alerts.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
    const rule_files = RULES.map((file) => join(process.cwd(), file));
    expect(
      promtool('test', 'rules', write('test.yml', { rule_files, evaluation_interval: '1m', tests })),
    ).toContain('SUCCESS');
  });
});
