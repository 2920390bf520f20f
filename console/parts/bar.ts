// Bars of dollars and of shares, drawn on a scale that all rows share.

import type { VNode } from 'preact';
import { formatRange, formatUsd } from '../format.ts';
import { html } from '../html.ts';

export interface PriceBarProps {
  /** The likely amount; null is unknown. */
  readonly usd: number | null;
  readonly lowUsd: number | null;
  readonly highUsd: number | null;
  /** What may be charged; null = there is no bound. */
  readonly ceilingUsd: number | null;
  /** The right end of the scale, in dollars; the left is 0. */
  readonly scaleUsd: number;
  /** A line across: what is above it cannot be bought. */
  readonly budgetUsd?: number | null;
  /** Draws the ceiling alone: what it would be likely to cost is not said. */
  readonly isBound?: boolean;
}

const percent = (share: number): string => `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(3)}%`;

/** What a clip is likely to cost as a solid bar, its range as a thin line, the most it may cost as a tick. */
export function PriceBar(props: PriceBarProps): VNode {
  const { usd, lowUsd, highUsd, ceilingUsd, scaleUsd, budgetUsd = null, isBound = false } = props;
  const at = (amount: number) => percent(scaleUsd > 0 ? amount / scaleUsd : 0);
  const words = isBound
    ? `At most ${formatUsd(ceilingUsd)}.`
    : usd === null
      ? 'The price is unknown.'
      : `Likely ${formatUsd(usd)}, ${formatRange(lowUsd ?? usd, highUsd ?? usd)}, at most ${formatUsd(ceilingUsd)}.`;
  return html`
    <svg class="price-bar" role="img" aria-label=${words} preserveAspectRatio="none">
      <title>${words}</title>
      ${
        isBound
          ? null
          : usd === null
            ? html`<rect class="bar-unknown" x="0" y="5" width="100%" height="10" rx="2" />`
            : html`<rect class="bar-likely" x="0" y="5" width=${at(usd)} height="10" rx="2" />`
      }
      ${
        lowUsd !== null &&
        highUsd !== null &&
        html`<line class="bar-range" x1=${at(lowUsd)} x2=${at(highUsd)} y1="10" y2="10" />`
      }
      ${ceilingUsd !== null && html`<line class="bar-ceiling" x1=${at(ceilingUsd)} x2=${at(ceilingUsd)} y1="2" y2="18" />`}
      ${budgetUsd !== null && html`<line class="bar-budget" x1=${at(budgetUsd)} x2=${at(budgetUsd)} y1="0" y2="20" />`}
    </svg>
  `;
}

export interface BarPart {
  readonly name: string;
  /** Of the whole bar: all of them together are 1 at most. */
  readonly share: number;
  /** Which colour of the series: 1 to 8. */
  readonly series: number;
}

/** Parts of one whole, side by side; each says its share to who points at it. */
export function StackedBar({
  parts,
  label,
}: {
  readonly parts: readonly BarPart[];
  readonly label: string;
}): VNode {
  let from = 0;
  const drawn = parts.map(({ name, share, series }) => {
    const x = from;
    from += share;
    return html`
      <rect key=${name} class=${`series-${series}`} x=${percent(x)} y="5" width=${percent(share)} height="10">
        <title>${name}: ${share.toFixed(3)}</title>
      </rect>
    `;
  });
  const words = parts.map(({ name, share }) => `${name} ${share.toFixed(2)}`).join(', ');
  return html`
    <svg class="stacked-bar" role="img" aria-label=${`${label}: ${words}`} preserveAspectRatio="none">
      ${drawn}
    </svg>
  `;
}
