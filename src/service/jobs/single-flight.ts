// One read for all who ask for the same thing in the same moment: thousands may wait for the same job.

/**
 * Gives all who ask under one key before the answer begins to be read the same one. Reading begins a microtask after the
 * first has asked, so no caller gets an answer that is older than its question.
 */
export function singleFlight<A extends readonly unknown[], T>(
  keyOf: (...args: A) => string,
  read: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (...args) => {
    const key = keyOf(...args);
    let answer = asked.get(key);
    if (!answer) {
      // Callers that one change has woken together all ask before this goes on.
      answer = Promise.resolve().then(() => {
        asked.delete(key);
        return read(...args);
      });
      asked.set(key, answer);
    }
    return answer;
  };
}
