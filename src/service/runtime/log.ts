// What the service needs of a logger: pino's own shape, so that any pino logger fits.

type LogMethod = (details: object, message: string) => void;

export interface Log {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}
