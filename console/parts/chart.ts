// Lines or stacked bars over time, with what they say at a moment for pointer and keyboard, and as a table for readers.

import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { h, html } from '../html.ts';

export interface ChartSeries {
  readonly name: string;
  /** One for each time; null = there is none. */
  readonly values: readonly (number | null)[];
  /** Which colour of the series: 1 to 8; more than eight are shown together, as `rest`. */
  readonly colour: number | 'rest' | 'unknown';
  readonly kind?: 'line' | 'dotted' | 'bars';
}

interface ChartProps {
  /** What the chart shows, with its unit: it stands at the axis. */
  readonly caption: string;
  /** Epoch milliseconds, ascending. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly formatTime: (at: number) => string;
  /** A line across at this value, such as a budget. */
  readonly limit?: number | null;
  readonly height?: number;
}

const colourOf = (style: CSSStyleDeclaration, colour: ChartSeries['colour']): string =>
  style
    .getPropertyValue(
      colour === 'rest' ? '--quiet' : colour === 'unknown' ? '--unknown' : `--series-${colour}`,
    )
    .trim();

const DAYS_MS = 2 * 86_400_000;

/** `28 Nov` on an axis of days, `14:03` on one of hours. */
const formatTick = (at: number, isLong: boolean): string =>
  isLong
    ? new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
    : new Date(at).toLocaleTimeString('en-GB', { timeStyle: 'short' });

/** Bars stand on those before them. */
export function stack(series: readonly ChartSeries[]): (number | null)[][] {
  const sums: number[] = [];
  return series.map(({ values, kind }) =>
    kind === 'bars'
      ? values.map((value, index) => {
          sums[index] = (sums[index] ?? 0) + (value ?? 0);
          return sums[index] ?? null;
        })
      : [...values],
  );
}

function draw(
  element: HTMLElement,
  { times, series, format, limit, height }: ChartProps & { readonly height: number },
  onMoment: (index: number | null) => void,
): uPlot {
  const style = getComputedStyle(element);
  const quiet = style.getPropertyValue('--quiet').trim();
  const line = style.getPropertyValue('--line').trim();
  const bars = uPlot.paths.bars;
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > DAYS_MS;
  // The tallest is drawn first: each bar shows above the one in front of it.
  const order = stack(series)
    .map((values, index) => ({ values, one: series[index] }))
    .filter((entry): entry is { values: (number | null)[]; one: ChartSeries } => entry.one !== undefined)
    .reverse();
  const limitSeries = limit === null || limit === undefined ? [] : [times.map(() => limit)];
  const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const options: uPlot.Options = {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false } },
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.05 : 1] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        values: (_plot, values) => values.map((at) => formatTick(at * 1000, isLong)),
      },
      { ...axis, size: 64, values: (_plot, values) => values.map((value) => format(value)) },
    ],
    series: [
      {},
      ...order.map(({ one }): uPlot.Series => {
        const colour = colourOf(style, one.colour);
        return one.kind === 'bars' && bars
          ? {
              label: one.name,
              fill: colour,
              stroke: colour,
              width: 0,
              paths: bars({ size: [0.7, 48] }),
              points: { show: false },
            }
          : {
              label: one.name,
              stroke: colour,
              width: 1.5,
              // Single days between gaps would not be seen as a line.
              points: { show: one.values.filter((value) => value !== null).length < 12, size: 5 },
              spanGaps: one.kind === 'line',
              ...(one.kind === 'dotted' ? { dash: [2, 4] } : {}),
            };
      }),
      ...limitSeries.map(
        (): uPlot.Series => ({
          label: 'limit',
          stroke: style.getPropertyValue('--bad').trim(),
          width: 1,
          dash: [6, 3],
          points: { show: false },
        }),
      ),
    ],
    hooks: { setCursor: [(plot) => onMoment(plot.cursor.idx ?? null)] },
  };
  const data = [times.map((at) => at / 1000), ...order.map(({ values }) => values), ...limitSeries];
  return new uPlot(options, data as uPlot.AlignedData, element);
}

export function Chart(props: ChartProps): VNode {
  const { caption, times, series, format, formatTime, height = 200 } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [moment, setMoment] = useState<number | null>(null);

  useEffect(() => {
    const element = frame.current;
    if (!element || times.length === 0) return;
    let plot = draw(element, { ...props, height }, setMoment);
    const again = () => {
      plot.destroy();
      plot = draw(element, { ...props, height }, setMoment);
    };
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    // Colours are read when it is drawn.
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', again);
      plot.destroy();
    };
  }, [times, series, props.limit, height]);

  const move = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setMoment((before) =>
      Math.min(Math.max((before ?? (step > 0 ? -1 : times.length)) + step, 0), times.length - 1),
    );
  };
  const at = moment === null ? undefined : times[moment];

  return html`
    <figure class="chart">
      <figcaption>${caption}</figcaption>
      <div class="chart-frame" ref=${frame} tabindex="0" role="img" aria-label=${`${caption}. Arrow keys read each time.`} onKeyDown=${move}></div>
      <p class="chart-moment" aria-live="polite">
        ${
          at === undefined || moment === null
            ? h(Legend, { series })
            : html`<strong>${formatTime(at)}</strong> ${series.map(({ name, values, colour }) => {
                const value = values[moment];
                return html`<span key=${name} class="legend-entry"><i class=${`swatch ${swatchOf(colour)}`}></i>${name} <span class="number">${typeof value === 'number' ? format(value) : 'none'}</span></span>`;
              })}`
        }
      </p>
      <div class="visually-hidden"><table>
        <caption>${caption}</caption>
        <thead><tr><th scope="col">Time</th>${series.map(({ name }) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
        <tbody>
          ${times.map(
            (time, index) => html`
              <tr key=${time}>
                <th scope="row">${formatTime(time)}</th>
                ${series.map(({ name, values }) => {
                  const value = values[index];
                  return html`<td key=${name}>${typeof value === 'number' ? format(value) : 'none'}</td>`;
                })}
              </tr>
            `,
          )}
        </tbody>
      </table></div>
    </figure>
  `;
}

const swatchOf = (colour: ChartSeries['colour']) => `series-${colour}`;

const Legend = ({ series }: { readonly series: readonly ChartSeries[] }): VNode => html`
  ${series.map(({ name, colour }) => html`<span key=${name} class="legend-entry"><i class=${`swatch ${swatchOf(colour)}`}></i>${name}</span>`)}
`;
