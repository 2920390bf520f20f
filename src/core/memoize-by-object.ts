// What follows from a value that never changes, a model or a list of its, worked out once for each.

/** `work`, remembered for as long as its argument lives. It must look at nothing but that argument. */
export function memoizeByObject<From extends object, T>(work: (from: From) => T): (from: From) => T {
  const known = new WeakMap<From, { readonly value: T }>();
  return (from) => {
    const found = known.get(from);
    if (found) return found.value;
    const value = work(from);
    known.set(from, { value });
    return value;
  };
}
