// A value that no log line, error, document or inspection can print by accident.

export interface Secret {
  /** The one way to the value: called only where it goes on the wire or is compared. */
  reveal(): string;
}

const MASK = '[secret]';

/** Wraps a secret so that printing, serialising or inspecting it yields `[secret]`. */
export function createSecret(value: string): Secret {
  const mask = () => MASK;
  return Object.defineProperties({} as Secret, {
    reveal: { value: () => value },
    toString: { value: mask },
    toJSON: { value: mask },
    // What console.log and util.inspect look for.
    [Symbol.for('nodejs.util.inspect.custom')]: { value: mask },
  });
}
