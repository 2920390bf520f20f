// How amounts and times are written: the same everywhere in the console, and never 0 for what is unknown.

const twoDecimals = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fourDecimals = new Intl.NumberFormat('en-US', { minimumFractionDigits: 4, maximumFractionDigits: 4 });
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Digits of an amount in dollars, without a sign: two decimals from $1 on, four below. */
export function formatAmount(usd: number): string {
  if (usd === 0) return '0.00';
  return Math.abs(usd) >= 1 ? twoDecimals.format(usd) : fourDecimals.format(usd);
}

/** `$0.4536`, `$12.30`, `unknown` for null. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return 'unknown';
  return `${usd < 0 ? '−' : ''}$${formatAmount(Math.abs(usd))}`;
}

/** `0.31 to 2.25`, and one amount where both ends are the same. */
export const formatRange = (lowUsd: number, highUsd: number): string =>
  formatAmount(lowUsd) === formatAmount(highUsd)
    ? formatAmount(lowUsd)
    : `${formatAmount(lowUsd)} to ${formatAmount(highUsd)}`;

/** A price of one unit: as many digits as it takes, `$0.0000042`. */
export const formatUnitPrice = (usd: number): string =>
  `$${new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6, maximumFractionDigits: 12 }).format(usd)}`;

export const formatCount = (count: number): string => whole.format(count);

/** `0.43 s`, `9.5 s`, `74 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const rounded = Math.round(seconds);
  if (rounded < 120) return `${rounded} s`;
  if (rounded < 7200) return join(Math.floor(rounded / 60), 'min', rounded % 60, 's');
  const minutes = Math.round(rounded / 60);
  if (minutes < 2880) return join(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return join(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const join = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** `now`, `12 s ago`, `in 3 min`, `2 d ago`. Both in epoch milliseconds. */
export function formatRelative(at: number, now: number): string {
  const seconds = Math.round(Math.abs(now - at) / 1000);
  if (seconds < 5) return 'now';
  const [amount, unit] = coarse(seconds);
  return at < now ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}

function coarse(seconds: number): readonly [number, string] {
  if (seconds < 90) return [seconds, 's'];
  if (seconds < 90 * 60) return [Math.round(seconds / 60), 'min'];
  if (seconds < 36 * 3600) return [Math.round(seconds / 3600), 'h'];
  return [Math.round(seconds / 86_400), 'd'];
}

/** In the reader's zone: `28 Nov 2026, 14:03:21 GMT+1`. @param timeZone the browser's where it is left out. */
export const formatTime = (at: number, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'long',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(at);

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** `2 models`, `1 model`. */
export const count = (amount: number, one: string, many = `${one}s`): string =>
  `${formatCount(amount)} ${amount === 1 ? one : many}`;

/** The IANA name of the zone that the reader's times are in. */
export const readerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
