// The PostgreSQL store: the contract on a real server, replicas side by side, and lost connections.

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MIGRATIONS } from '../../../src/store/migrations/migrations.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts';
import type { OpenStore } from '../contract/store-under-test.ts';
import { createClaim, createIdleJob, LEASE_MS } from '../contract/store-under-test.ts';
import { describeJobStore } from '../job-store.contract.ts';
import { expectPreviousJobsGoOn, PREVIOUS_ROWS } from '../migrations/previous-schema.ts';
import type { PostgresServer } from './postgres-server.ts';
import { startPostgres } from './postgres-server.ts';

let server: PostgresServer;
let shared: string;
beforeAll(async () => {
  server = await startPostgres();
  shared = await server.createDatabase();
});
afterAll(() => server.stop());

/** How long a test waits for what must come: a bound for the hung, not a pace. */
const PATIENCE = { timeout: 10_000, interval: 10 };

const fail = (error: Error): never => {
  throw error;
};

/** One database for the whole contract, emptied after each test: making one takes longer than any test in it. */
const openShared: OpenStore = async () => {
  const url = shared;
  const replicas: JobStore[] = [];
  const openReplica = async (): Promise<JobStore> => {
    const replica = await openPostgresStore({ url, report: fail });
    replicas.push(replica);
    return replica;
  };
  return {
    store: await openReplica(),
    openReplica,
    // The server's clock cannot be moved, so the rows are.
    async passTime(ms) {
      await server.query(url, `update jobs set due_at = due_at - ${ms}`);
      await server.query(
        url,
        `update webhook_inbox set due_at = due_at - ${ms}, received_at = received_at - ${ms}`,
      );
      await server.query(url, `update idempotent_acts set created_at = created_at - ${ms}`);
      await server.query(url, `update audit set at = at - ${ms}`);
      await server.query(url, `update callbacks set due_at = due_at - ${ms}`);
      await server.query(
        url,
        `update alarm_calls set began_at = began_at - ${ms}, raised_at = raised_at - ${ms}, due_at = due_at - ${ms}`,
      );
      await server.query(url, `update ledger set bill_due_at = bill_due_at - ${ms}`);
      await server.query(
        url,
        `update order_answers set created_at = created_at - ${ms}, open_until = open_until - ${ms},
           answered_at = answered_at - ${ms}`,
      );
      await server.query(
        url,
        `update quoted_clips set created_at = created_at - ${ms}, expires_at = expires_at - ${ms}`,
      );
      await server.query(url, `update bodies set unused_since = unused_since - ${ms}`);
      await server.query(url, `update idempotency_keys set created_at = created_at - ${ms}`);
      for (const table of ['budget_windows', 'budget_holds', 'budget_events']) {
        await server.query(url, `update ${table} set starts_at = starts_at - ${ms}`);
      }
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
      // Not `truncate`, which makes each file anew and takes ten times as long. All that there are, in one transaction in
      // which no foreign key is looked at: the order of the tables is of no account.
      const tables = await server.query<{ name: string }>(
        url,
        `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'`,
      );
      const deletions = tables.map(({ name }) => `delete from "${name}"`);
      await server.query(url, ['set session_replication_role = replica', ...deletions].join(';'));
    },
  };
};

describeJobStore('PostgreSQL', openShared);

describe('a PostgreSQL database', () => {
  let url: string;
  let reported: Error[];
  const open = () => openPostgresStore({ url, report: (error) => reported.push(error) });

  beforeEach(async () => {
    url = await server.createDatabase();
    reported = [];
  });

  it('is brought up by replicas that start together', async () => {
    const replicas = await Promise.all(Array.from({ length: 6 }, open));
    const { job } = await createClaim(replicas[0]!);
    for (const replica of replicas) expect(await replica.getJob(job.id, 'studio')).toEqual(job);
    await Promise.all(replicas.map((replica) => replica.close()));
    expect(await server.query(url, 'select name from schema_migrations')).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
  });

  it('of the version before is brought up to date: its jobs are served and go on', async () => {
    const statements = MIGRATIONS.slice(0, 8).flatMap(({ version, name, statements }) => [
      ...statements,
      `insert into schema_migrations values (${version}, '${name}', 0)`,
    ]);
    await server.query(
      url,
      'create table schema_migrations (version bigint primary key, name text not null, applied_at bigint not null)',
    );
    for (const statement of [...statements, ...PREVIOUS_ROWS]) await server.query(url, statement);
    const store = await open();
    await expectPreviousJobsGoOn(store);
    await store.close();
  });

  it('leaves the leases of a replica that runs to it when another starts', async () => {
    const first = await open();
    await createClaim(first);
    const second = await open();
    expect(await second.claimDue('b', 10, LEASE_MS)).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });

  it('tells every replica of a change made by one', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const heard = new Promise<string>((resolve) => b.onJobChanged(resolve));
    const { job } = await createClaim(a);
    expect(await heard).toBe(job.id);
    await Promise.all([a.close(), b.close()]);
  });

  /** Cuts connections of the stores, as a restart of the server or a firewall does. */
  const cut = (name: string) =>
    server.query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name like '${name}'`,
    );

  it('tells of what changed while the line was down', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const heard = new Set<string>();
    b.onJobChanged((id) => heard.add(id));
    await cut('clipgate listener');
    await vi.waitUntil(() => reported.length >= 2, PATIENCE);
    const ids = await Promise.all(Array.from({ length: 5 }, () => createIdleJob(a, 'queued')));
    await vi.waitUntil(() => ids.every((id) => heard.has(id)), PATIENCE);
    await Promise.all([a.close(), b.close()]);
  });

  it('goes on when every connection was cut', async () => {
    const store = await open();
    const { job } = await createClaim(store);
    await cut('clipgate%');
    // A query on a connection that is just breaking fails; the next finds another.
    await vi.waitFor(() => store.ping(), PATIENCE);
    expect(await store.getJob(job.id, 'studio')).toEqual(job);
    await createClaim(store);
    await store.close();
    for (const { message } of reported) expect(message).toMatch(/broke|was lost/);
  });

  it('answers store_unavailable while it is read-only, and goes on afterwards', async () => {
    const store = await open();
    const faults: string[] = [];
    store.onFault((fault) => faults.push(fault));
    const { job } = await createClaim(store);
    const setReadOnly = async (value: 'on' | 'off') => {
      const name = new URL(url).pathname.slice(1);
      // From another database, which stays writable.
      await server.query(
        url.replace(name, 'postgres'),
        `alter database ${name} set default_transaction_read_only = ${value}`,
      );
      await cut('clipgate%');
    };
    await setReadOnly('on');
    await vi.waitFor(() => store.getJob(job.id, 'studio'), PATIENCE);
    await expect(store.ping()).rejects.toMatchObject({ code: 'store_unavailable', retryAfterS: 5 });
    await expect(createClaim(store)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await store.getJob(job.id, 'studio')).toEqual(job);
    await setReadOnly('off');
    await vi.waitFor(() => store.ping(), PATIENCE);
    await createClaim(store);
    expect(new Set(faults)).toEqual(new Set(['unavailable']));
    await store.close();
  });

  it('is refused where the server acknowledges what it has not kept', async () => {
    await server.query(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
    await expect(open()).rejects.toThrow('synchronous_commit=off');
  });

  it('is refused to an older Clipgate than the one that wrote it', async () => {
    await (await open()).close();
    await server.query(
      url,
      "insert into schema_migrations (version, name, applied_at) values (99, 'teleport', 0)",
    );
    await expect(open()).rejects.toThrow('schema version 99 ("teleport")');
  });
});
