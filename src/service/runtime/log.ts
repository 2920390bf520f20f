// What the service needs of a logger, pino's own shape so that any pino logger fits, and how its lines tell the time.

type LogMethod = (details: object, message: string) => void;

export interface Log {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/**
 * The `timestamp` option of pino: ISO 8601, spelled out once a millisecond rather than once a line.
 * @param clock epoch milliseconds.
 */
export function createTimestamps(clock: () => number): () => string {
  let latest = Number.NaN;
  let text = '';
  return () => {
    const now = clock();
    if (now !== latest) {
      latest = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}
