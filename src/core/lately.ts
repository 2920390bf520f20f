// A memory for what was asked for lately.

/**
 * `recall(key, make)` gives what was made for that key before, or makes it. Where there is no room for another, the key
 * goes that was not asked for the longest.
 */
export function createLately<T extends object>(room: number): (key: string, make: () => T) => T {
  const kept = new Map<string, T>();
  return (key, make) => {
    const value = kept.get(key) ?? make();
    // Back to the end of the line, where the first is the next to go.
    kept.delete(key);
    kept.set(key, value);
    const [oldest] = kept.keys();
    if (kept.size > room && oldest !== undefined) kept.delete(oldest);
    return value;
  };
}
