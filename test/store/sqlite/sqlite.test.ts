// The SQLite store: the contract, one owner per file, and rows that outlive the process that wrote them.

import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClipgateError } from '../../../src/core/errors.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { loadSqlite } from '../../../src/store/sqlite/sqlite-driver.ts';
import type { OpenStore } from '../contract/store-under-test.ts';
import { createClaim, createIntent, createJobIn, LEASE_MS } from '../contract/store-under-test.ts';
import { describeJobStore } from '../job-store.contract.ts';
import { startOwner } from './sqlite-owner.ts';

const START = Date.UTC(2026, 10, 1);

const createFolder = (): string => mkdtempSync(join(tmpdir(), 'clipgate-store-'));

const openIn =
  (place: (folder: string) => string): OpenStore =>
  async () => {
    const folder = createFolder();
    let now = START;
    const store = await openSqliteStore({ file: place(folder), clock: () => now });
    return {
      store,
      openReplica: null,
      async passTime(ms) {
        now += ms;
      },
      async close() {
        await store.close();
        rmSync(folder, { recursive: true });
      },
    };
  };

describeJobStore(
  'SQLite in a file',
  openIn((folder) => join(folder, 'clipgate.db')),
);
describeJobStore(
  'SQLite in memory',
  openIn(() => ':memory:'),
);

describe('a SQLite file', () => {
  let folder: string;
  let file: string;
  const open = (at = START) => openSqliteStore({ file, clock: () => at });

  beforeEach(() => {
    folder = createFolder();
    file = join(folder, 'deep', 'er', 'clipgate.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('says of our own SQL what SQLite says, and not that the file cannot be opened', async () => {
    file = join(folder, 'foreign.db');
    const sqlite = await loadSqlite();
    const foreign = new sqlite.DatabaseSync(file);
    foreign.exec('create table jobs (id text)');
    foreign.close();
    const error = await open().catch((error: unknown) => error);
    expect(error).not.toBeInstanceOf(ClipgateError);
    expect(String(error)).toMatch(/table jobs already exists/);
    // And its lock is let go of.
    await expect(open()).rejects.toThrow(/already exists/);
  });

  it('is made with its folders, for its owner only', async () => {
    const store = await open();
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'deep', 'er')).mode & 0o777).toBe(0o700);
    await createClaim(store);
    const modes = readdirSync(join(folder, 'deep', 'er'))
      .filter((name) => !name.endsWith('.lock'))
      .map((name) => statSync(join(folder, 'deep', 'er', name)).mode & 0o777);
    expect(modes).toEqual(Array(4).fill(0o600));
    await store.close();
  });

  it('keeps jobs across a restart and voids the leases of the boot before at once', async () => {
    const first = await open();
    const { job, lease } = await createJobIn(first, 'submitting');
    const idle = await createClaim(first);
    await first.saveStep(idle.lease, {}, { keep: false, runInMs: null });
    await first.close();

    const second = await open();
    expect(await second.nextDueInMs()).toBe(0);
    const claims = await second.claimDue('b', 10, LEASE_MS);
    expect(claims.map((claim) => claim.job)).toEqual([job]);
    expect(await second.saveStep(lease, { status: 'pending' }, { keep: true, leaseMs: 1 })).toBeNull();
    await second.close();
  });

  it('commits what was accepted before it closes', async () => {
    const first = await open();
    const intents = Array.from({ length: 300 }, () => createIntent());
    const writes = intents.map((intent) => first.createJob(intent, 'a', LEASE_MS));
    await first.close();
    await Promise.all(writes);
    const second = await open();
    for (const { id } of intents) expect(await second.getJob(id, 'studio')).not.toBeNull();
    await second.close();
  });

  it('is refused to a second owner, under whatever name, until the first closes', async () => {
    const first = await open();
    await expect(open()).rejects.toThrow(`${file} is in use by another Clipgate process`);
    symlinkSync(join(folder, 'deep'), join(folder, 'alias'));
    const alias = join(folder, 'alias', 'er', 'clipgate.db');
    await expect(openSqliteStore({ file: alias, clock: () => START })).rejects.toThrow('is in use');
    // The refusal took nothing from the owner.
    await createClaim(first);
    await first.close();
    await (await open()).close();
  });

  it('is refused to a second process, and free the moment the first is killed', async () => {
    const owner = await startOwner(file);
    await expect(open()).rejects.toThrow(`${file} is in use by another Clipgate process`);
    await owner.kill();
    const store = await open();
    await store.ping();
    await store.close();
  });

  it('holds every job that was acknowledged before kill -9', async () => {
    const owner = await startOwner(file);
    const acknowledged = await owner.killAfter(400);
    expect(acknowledged.length).toBeGreaterThanOrEqual(400);
    const store = await open();
    const found = await Promise.all(acknowledged.map((id) => store.getJob(id, 'studio')));
    expect(found.filter((job) => job === null)).toEqual([]);
    await store.close();
  });
});
