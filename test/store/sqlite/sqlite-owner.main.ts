// The program of `sqlite-owner.ts`: opens a store, says so, and on the word writes jobs without end, each printed once acknowledged.

import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createIntent, LEASE_MS } from '../contract/store-under-test.ts';

const store = await openSqliteStore({ file: process.argv[2]!, clock: Date.now });
// Straight to the descriptor: a line that is still in this process's memory would be lost with it.
writeSync(1, 'open\n');
await once(process.stdin, 'data');

await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (;;) {
      // Several owners may write to one file, one after another.
      const { id, nonce, ...rest } = createIntent();
      const intent = { ...rest, id: `${id}_${process.pid}`, nonce: `${nonce}_${process.pid}` };
      await store.createJob(intent, 'owner', LEASE_MS);
      writeSync(1, `${intent.id}\n`);
    }
  }),
);
