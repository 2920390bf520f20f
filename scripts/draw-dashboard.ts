// Draws the panels of the Grafana dashboard from scrapes that a week of the torture kept: one SVG for each row.
//   npm run torture -- --week --samples week.json && npx tsx scripts/draw-dashboard.ts week.json

import { readFileSync, writeFileSync } from 'node:fs';
import { drawPanel, PANEL } from './dashboard/chart.ts';
import { createEvaluator, type Scrape } from './dashboard/promql.ts';

interface GrafanaPanel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } };
}

const FOLDER = 'docs/operations/images';
const COLUMNS = 3;
const GAP = 12;

const [file] = process.argv.slice(2);
if (file === undefined)
  throw new Error('Name the file of scrapes: npx tsx scripts/draw-dashboard.ts week.json');
const scrapes = JSON.parse(readFileSync(file, 'utf8')) as readonly Scrape[];
const { panels } = JSON.parse(readFileSync('deploy/grafana/clipgate.json', 'utf8')) as {
  readonly panels: readonly GrafanaPanel[];
};
const evaluate = createEvaluator(scrapes);
const budgets = nameBudgets();

/** Budgets go by their ids, which tell a reader nothing. */
function nameBudgets(): Map<string, string> {
  const ids = [...evaluate('max by (budget) (clipgate_budget_limit_usd)').keys()];
  return new Map(ids.map((id, index) => [id, `budget ${index + 1}`]));
}

function findDays(): string[] {
  const first = scrapes[0]?.at ?? 0;
  const count = Math.max(1, Math.round(((scrapes.at(-1)?.at ?? 0) - first) / 86_400_000));
  return Array.from({ length: count }, (_, day) =>
    new Date(first + day * 86_400_000).toLocaleDateString('en-GB', { weekday: 'short', timeZone: 'UTC' }),
  );
}

function drawRow(title: string, members: readonly GrafanaPanel[]): string {
  const width = COLUMNS * (PANEL.width + GAP) + GAP;
  const height = Math.ceil(members.length / COLUMNS) * (PANEL.height + GAP) + GAP;
  const drawn = members.map((panel, index) => {
    const targets = panel.targets ?? [];
    const lines = new Map(
      targets.flatMap(({ expr }) =>
        [...evaluate(expr)].map(([name, values]) => {
          const shown = budgets.get(name) ?? name;
          // Two lines without labels go by their metrics.
          const metric = /clipgate_(\w+)/.exec(expr)?.[1] ?? expr;
          return [shown === '' && targets.length > 1 ? metric : shown, values] as const;
        }),
      ),
    );
    const x = GAP + (index % COLUMNS) * (PANEL.width + GAP);
    const y = GAP + Math.floor(index / COLUMNS) * (PANEL.height + GAP);
    const unit = panel.fieldConfig?.defaults?.unit ?? '';
    return `<g transform="translate(${x} ${y})"><rect width="${PANEL.width}" height="${PANEL.height}" rx="4" fill="#fff" stroke="#d5d9de"/>${drawPanel({ title: panel.title, unit, lines }, findDays())}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="#5b6770"><title>${title}</title><rect width="${width}" height="${height}" fill="#f4f5f7"/>${drawn.join('')}</svg>\n`;
}

const rows = new Map<string, GrafanaPanel[]>();
let row = '';
for (const panel of panels) {
  if (panel.type === 'row') row = panel.title;
  else rows.set(row, [...(rows.get(row) ?? []), panel]);
}
for (const [title, members] of rows) {
  const name = `${FOLDER}/dashboard-${title.toLowerCase()}.svg`;
  writeFileSync(name, drawRow(title, members));
}
