// Draws one panel as a group of SVG: lines over time, an axis in the panel's unit, and the names of the largest series.

export interface Panel {
  readonly title: string;
  readonly unit: string;
  /** By the name of a series; null where it has no value. */
  readonly lines: ReadonlyMap<string, readonly (number | null)[]>;
}

export const PANEL = { width: 380, height: 210 };
const PLOT = { left: 52, top: 30, width: 316, height: 112 };
const COLORS = ['#2f6fde', '#d9822b', '#2e9e5b', '#a348c9', '#c23b4b', '#5b6770'];
const NAMED = COLORS.length;
const POINTS = 150;

const escapeText = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const short = (value: number): string =>
  value >= 1e9
    ? `${(value / 1e9).toFixed(1)}G`
    : value >= 1e6
      ? `${(value / 1e6).toFixed(0)}M`
      : value >= 1e4
        ? `${(value / 1e3).toFixed(0)}k`
        : String(Number(value.toPrecision(3)));
const UNITS: Readonly<Record<string, (value: number) => string>> = {
  currencyUSD: (value) => `$${short(value)}`,
  percentunit: (value) => `${short(value * 100)}%`,
  s: (value) => (value >= 600 ? `${short(value / 60)} min` : `${short(value)} s`),
  bytes: (value) => `${short(value)}B`,
  ops: (value) => `${short(value * 60)}/min`,
  reqps: (value) => `${short(value * 60)}/min`,
};

/** The lowest and the highest of each stretch, so that neither a peak nor a dip is lost. */
function thin(values: readonly (number | null)[]): (number | null)[] {
  const size = Math.max(1, Math.ceil(values.length / POINTS));
  if (size === 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / size) }, (_, at) => {
    const some = values.slice(at * size, (at + 1) * size).filter((value) => value !== null);
    return some.length > 0 ? [Math.min(...some), Math.max(...some)] : [null, null];
  }).flat();
}

const highest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);

/** @param days names of what the time is divided into. */
export function drawPanel({ title, unit, lines }: Panel, days: readonly string[]): string {
  const shown = [...lines].sort(([, a], [, b]) => highest(b) - highest(a)).slice(0, NAMED);
  const top = highest(shown.flatMap(([, values]) => values)) || 1;
  const say = UNITS[unit] ?? short;
  const { left, top: y0, width, height } = PLOT;
  const grid = [0, 0.5, 1].map((share) => {
    const y = y0 + height * (1 - share);
    return `<path d="M${left} ${y}h${width}" stroke="#d5d9de"/><text x="${left - 6}" y="${y + 4}" text-anchor="end">${escapeText(say(top * share))}</text>`;
  });
  const names = days.map(
    (day, at) =>
      `<text x="${left + (width * (at + 0.5)) / days.length}" y="${y0 + height + 14}" text-anchor="middle">${day}</text>`,
  );
  const paths = shown.map(([, values], index) => {
    const points = thin(values);
    let pen = false;
    const path = points
      .map((value, at) => {
        if (value === null) {
          pen = false;
          return '';
        }
        const x = left + (width * at) / Math.max(1, points.length - 1);
        const command = pen ? 'L' : 'M';
        pen = true;
        return `${command}${x.toFixed(0)} ${(y0 + height * (1 - value / top)).toFixed(1)}`;
      })
      .join('');
    return `<path d="${path}" fill="none" stroke="${COLORS[index]}" stroke-width="1.5"/>`;
  });
  const legend = shown.length === 1 && shown[0]?.[0] === '' ? [] : shown;
  const keys = legend.map(([name], index) => {
    const [x, y] = [left + (index % 2) * 160, y0 + height + 32 + Math.floor(index / 2) * 14];
    // Without what stands before the last slash: the provider of a model, the beginning of a route.
    const text = (name.split('/').at(-1) || name).slice(0, 22);
    return `<path d="M${x} ${y - 4}h10" stroke="${COLORS[index]}" stroke-width="3"/><text x="${x + 14}" y="${y}">${escapeText(text)}</text>`;
  });
  return `<text x="12" y="18" font-size="13" font-weight="600" fill="#1d2733">${escapeText(title)}</text>${grid.join('')}${names.join('')}${paths.join('')}${keys.join('')}`;
}
