// Reads Prometheus' text format: the value of each series by its name and labels.

export type Samples = ReadonlyMap<string, number>;

/** Keys are written as the exposition writes them: `name{label="value"}`. */
export function readExposition(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const end = line.lastIndexOf(' ');
    samples.set(line.slice(0, end), Number(line.slice(end + 1)));
  }
  return samples;
}

export const nameOf = (series: string): string => series.replace(/\{.*$/, '');

/** The value of one label; null where the series does not have it. */
export const labelOf = (series: string, label: string): string | null =>
  new RegExp(`[{,]${label}="([^"]*)"`).exec(series)?.[1] ?? null;

/** Sums of a metric by the values of one label. */
export function sumBy(samples: Samples, name: string, label: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [series, value] of samples) {
    if (nameOf(series) !== name) continue;
    const key = labelOf(series, label) ?? '';
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return sums;
}

export const sumOf = (samples: Samples, name: string): number =>
  [...samples].reduce((sum, [series, value]) => (nameOf(series) === name ? sum + value : sum), 0);
