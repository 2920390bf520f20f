// What stays in the file of a request that was erased: nothing, of no candidate.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createJobIn } from '../contract/store-under-test.ts';

const SECRET = 'a secret fox';
const requestOf = (model: string) => ({
  model,
  prompt: SECRET,
  duration: 4,
  input_references: [
    { type: 'image_url', image_url: { url: `data:image/png;base64,${'U0VDUkVU'.repeat(200_000)}` } },
  ],
});

// The driver closes a connection, and SQLite removes `-shm`, when its statements are collected.
const readIfThere = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
};

it('leaves nothing of a prompt or a picture in the files of the database', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clipgate-erasure-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const open = () => openSqliteStore({ file: join(folder, 'jobs.db'), clock: Date.now });
  const inFiles = async () => {
    const files = await Promise.all((await readdir(folder)).map((name) => readIfThere(join(folder, name))));
    return files.some((bytes) => bytes.includes(SECRET) || bytes.includes('U0VDUkVU'));
  };

  const first = await open();
  const other = {
    model: 'b/two',
    request: requestOf('b/two'),
    nonce: 'c'.repeat(32),
    expectedMs: null,
    estimatedMicroUsd: null,
    listMicroUsd: null,
    highMicroUsd: 50_000,
  };
  const { job } = await createJobIn(first, 'failed', {
    request: requestOf('a/one'),
    fallback: { maxAttempts: 2, maxTotalMicroUsd: 1_000_000, highMicroUsd: 1, others: [other] },
  });
  await first.close();
  expect(await inFiles()).toBe(true);

  const second = await open();
  expect(await second.eraseBody(job.id)).toBe(true);
  await second.close();
  expect(await inFiles()).toBe(false);
});
