// The database URL picks the store, and a URL that names none is refused without repeating its secrets.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { createClaim } from '../contract/store-under-test.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgate-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (databaseUrl: string) =>
  openStore({
    databaseUrl,
    clock: () => 1_763_000_000_000,
    report(error) {
      throw error;
    },
  });

it('opens one SQLite file under either spelling', async () => {
  const first = await open(`sqlite:${folder}/a.db`);
  const { job } = await createClaim(first);
  await first.close();
  const second = await open(`sqlite://${folder}/a.db`);
  expect(await second.getJob(job.id, 'studio')).toEqual(job);
  await second.close();
});

it('opens a SQLite store in memory', async () => {
  const store = await open('sqlite::memory:');
  await createClaim(store);
  await store.close();
});

it('opens no store where no server answers', async () => {
  const refusal = open('postgres://clipgate:secret@localhost:1/clipgate');
  await expect(refusal).rejects.toThrow(
    /DATABASE_URL: the PostgreSQL database cannot be opened \(connect ECONNREFUSED/,
  );
});

it.each(['mysql://root:secret@localhost/db', 'sqlite:', './data/clipgate.db', ''])(
  'refuses %j',
  async (url) => {
    const refusal = open(url).catch((error: unknown) => String(error));
    expect(await refusal).toMatch(/DATABASE_URL must be sqlite:<path> or postgres:/);
    expect(await refusal).not.toContain('secret@');
  },
);
