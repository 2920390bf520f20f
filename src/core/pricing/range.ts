// A likeliest value between two bounds: how everything not known exactly is carried through an estimate.

export interface Range<T = number> {
  readonly low: T;
  readonly likely: T;
  readonly high: T;
}

/** A value known exactly. */
export function point<T>(value: T): Range<T> {
  return { low: value, likely: value, high: value };
}
