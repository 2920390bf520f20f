// Time that runs faster than the wall's, the same in every process of a run, so that leases and pauses of minutes end in seconds.

export interface FastTime {
  /** Wall time at which both clocks agreed, epoch milliseconds. */
  readonly epochMs: number;
  /** How many seconds pass here in one on the wall. */
  readonly factor: number;
}

export const createFastClock =
  ({ epochMs, factor }: FastTime): (() => number) =>
  () =>
    Math.floor(epochMs + (Date.now() - epochMs) * factor);

/**
 * Statements that make a PostgreSQL database tell the same time: functions in a schema that is searched before the
 * server's own. Whatever asks for the time by its plain name, as our queries do, gets this one.
 */
export function fastTimeStatements(database: string, { epochMs, factor }: FastTime): string[] {
  const epoch = `timestamptz 'epoch' + interval '${epochMs} milliseconds'`;
  return [
    ...['statement_timestamp', 'clock_timestamp'].map(
      (name) => `create function public.${name}() returns timestamptz language sql stable as
        $$ select ${epoch} + (pg_catalog.${name}() - (${epoch})) * ${factor} $$`,
    ),
    `alter database ${database} set search_path = public, pg_catalog`,
  ];
}
