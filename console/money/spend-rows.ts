// What was spent, worked out for the chart and the table of the money page: the same rows for both.

import type { Schemas } from '../schemas.ts';

export type SpendRow = Schemas['Spend']['data'][number];
export type Grouping = 'client' | 'model' | 'tag';

export interface GroupRow {
  /** As the API names it; null: without a tag. */
  readonly name: string | null;
  readonly jobs: number;
  readonly billedUsd: number;
  readonly estimatedUsd: number;
  readonly heldUsd: number;
  readonly unknownJobs: number;
}

const nameOf = (row: SpendRow, by: Grouping): string | null => row[by] ?? null;

/** The rows of all days together, by group; what is unknown first, then the most expensive. */
export function sumGroups(rows: readonly SpendRow[], by: Grouping): readonly GroupRow[] {
  const groups = new Map<string | null, GroupRow>();
  for (const row of rows) {
    const name = nameOf(row, by);
    const before = groups.get(name);
    groups.set(name, {
      name,
      jobs: (before?.jobs ?? 0) + row.jobs,
      billedUsd: (before?.billedUsd ?? 0) + row.billed_usd,
      estimatedUsd: (before?.estimatedUsd ?? 0) + row.estimated_usd,
      heldUsd: (before?.heldUsd ?? 0) + row.held_usd,
      unknownJobs: (before?.unknownJobs ?? 0) + row.unknown_jobs,
    });
  }
  return [...groups.values()].toSorted(
    (one, other) =>
      Number(other.unknownJobs > 0) - Number(one.unknownJobs > 0) ||
      other.billedUsd - one.billedUsd ||
      (one.name ?? '').localeCompare(other.name ?? ''),
  );
}

export interface DaySeries {
  readonly name: string;
  readonly values: readonly number[];
  readonly colour: number | 'rest' | 'unknown';
}

const COLOURS = 8;

/**
 * One series for each group, and one for what is held. A group keeps its colour whatever its rank: groups are numbered
 * by name. More than eight are shown together.
 * @param times the days, epoch milliseconds.
 */
export function toSeries(
  rows: readonly SpendRow[],
  by: Grouping,
  times: readonly number[],
): readonly DaySeries[] {
  const names = [...new Set(rows.map((row) => nameOf(row, by)))].toSorted((one, other) =>
    (one ?? '').localeCompare(other ?? ''),
  );
  const index = new Map(times.map((time, at) => [time, at]));
  const sum = (ofGroup: (row: SpendRow) => boolean, amount: (row: SpendRow) => number): number[] => {
    const values = times.map(() => 0);
    for (const row of rows) {
      const at = index.get(Date.parse(row.start));
      if (at !== undefined && ofGroup(row)) values[at] = (values[at] ?? 0) + amount(row);
    }
    return values;
  };
  const billed = (row: SpendRow) => row.billed_usd;
  const own = names.slice(0, COLOURS).map((name, at) => ({
    name: name ?? 'without a tag',
    colour: at + 1,
    values: sum((row) => nameOf(row, by) === name, billed),
  }));
  const others = new Set(names.slice(COLOURS));
  return [
    ...own,
    ...(others.size > 0
      ? [
          {
            name: `${others.size} more`,
            colour: 'rest' as const,
            values: sum((row) => others.has(nameOf(row, by)), billed),
          },
        ]
      : []),
    {
      name: 'held or unknown',
      colour: 'unknown' as const,
      values: sum(
        () => true,
        ({ held_usd: held }) => held,
      ),
    },
  ];
}
