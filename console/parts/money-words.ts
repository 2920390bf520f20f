// How far one amount is from another, in words.

/** `+4.2%`, `as estimated`; null where either is unknown. */
export function formatDifference(estimatedUsd: number | null, actualUsd: number | null): string | null {
  if (estimatedUsd === null || actualUsd === null || estimatedUsd === 0) return null;
  const percent = (actualUsd / estimatedUsd - 1) * 100;
  const digits = Math.abs(percent).toFixed(1);
  return digits === '0.0' ? '±0%' : `${percent > 0 ? '+' : '−'}${digits}%`;
}
