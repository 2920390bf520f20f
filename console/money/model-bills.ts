// Bills beside their estimates, by model and day; a day with a bill that is open or unknown says nothing.

import type { SpendRow } from './spend-rows.ts';

interface Bills {
  readonly estimatedUsd: number;
  readonly billedUsd: number;
}

export interface ModelBills extends Bills {
  readonly model: string;
  readonly days: number;
  readonly first: Bills;
  readonly last: Bills;
}

const COLOURS = 8;

/** Rows of which every bill is known, by model, in order of time. */
function knownByModel(rows: readonly SpendRow[]): ReadonlyMap<string, readonly SpendRow[]> {
  const byModel = new Map<string, SpendRow[]>();
  for (const row of rows) {
    if (row.model === undefined || row.held_usd > 0 || row.unknown_jobs > 0 || row.estimated_usd === 0)
      continue;
    const known = byModel.get(row.model);
    if (known) known.push(row);
    else byModel.set(row.model, [row]);
  }
  return byModel;
}

const toBills = (rows: readonly SpendRow[]): Bills => ({
  estimatedUsd: rows.reduce((sum, row) => sum + row.estimated_usd, 0),
  billedUsd: rows.reduce((sum, row) => sum + row.billed_usd, 0),
});

/** The one with the highest bills first. @param rows by model and day, in order of time. */
export const sumBills = (rows: readonly SpendRow[]): readonly ModelBills[] =>
  [...knownByModel(rows)]
    .map(([model, own]) => ({
      model,
      days: own.length,
      ...toBills(own),
      first: toBills(own.slice(0, 1)),
      last: toBills(own.slice(-1)),
    }))
    .toSorted((one, other) => other.billedUsd - one.billedUsd || one.model.localeCompare(other.model));

/** What bills are of their estimates on each day, of the eight models with the highest bills; each keeps its colour by name. */
export function toRatios(
  rows: readonly SpendRow[],
  times: readonly number[],
): readonly {
  readonly name: string;
  readonly colour: number;
  readonly values: readonly (number | null)[];
}[] {
  const byModel = knownByModel(rows);
  return sumBills(rows)
    .slice(0, COLOURS)
    .map(({ model }) => model)
    .toSorted()
    .map((model, index) => {
      const byDay = new Map(
        (byModel.get(model) ?? []).map((row) => [Date.parse(row.start), row.billed_usd / row.estimated_usd]),
      );
      return { name: model, colour: index + 1, values: times.map((time) => byDay.get(time) ?? null) };
    });
}
