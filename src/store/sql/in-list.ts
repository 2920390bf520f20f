// Lists for `in (...)` in few lengths, so that the statements around them stay few and are compiled once.

/** The list up to the next power of two, filled with what is in it already: the same set. */
export function padInList<T>(values: readonly T[]): readonly T[] {
  const [first] = values;
  if (first === undefined) return values;
  const length = 2 ** Math.ceil(Math.log2(values.length));
  return [...values, ...Array.from({ length: length - values.length }, () => first)];
}
