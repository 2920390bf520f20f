// Both databases a gateway can run on, each empty and gone afterwards.

import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../../test/store/postgres/postgres-server.ts';
import type { Build } from './build.ts';

/** @param names `sqlite`, `postgres`; all where none is given. @param use is given the URL of an empty database. */
export async function forEachDatabase(
  built: Build,
  names: readonly string[],
  use: (name: string, createUrl: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const wants = (name: string) => names.length === 0 || names.includes(name);
  if (wants('sqlite')) {
    await use(
      'SQLite',
      async () => `sqlite:${join(await mkdtemp(join(built.scratch, 'sqlite-')), 'jobs.db')}`,
    );
  }
  if (!wants('postgres')) return;
  const server = await startPostgres();
  try {
    await use('PostgreSQL', () => server.createDatabase());
  } finally {
    await server.stop();
  }
}
