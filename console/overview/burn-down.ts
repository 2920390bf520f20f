// What was spent of a budget over the time of its window, its limit, and where it leads by the end at this pace.

import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatTime, formatUsd } from '../format.ts';
import { h } from '../html.ts';
import { Chart } from '../parts/chart.ts';
import type { Schemas } from '../schemas.ts';
import { figureBudget, projectBudget } from './figures.ts';

export function BurnDown({ budget }: { readonly budget: Schemas['Budget'] }): VNode {
  const drawn = useMemo(() => projectBudget(budget), [budget]);
  const { limitUsd } = figureBudget(budget, Date.now());
  return h(Chart, {
    caption: 'Dollars spent since the window began, to its end',
    times: drawn.times,
    series: drawn.series,
    format: formatUsd,
    formatTime,
    limit: limitUsd,
    height: 120,
  });
}
