// Writes jobs to a store as fast as it takes them, and says how many a second. Arguments: database URL, seconds, lanes.

import process from 'node:process';
import { openStore } from '../src/store/sqlite/open-store.ts';

const [databaseUrl = '', seconds = '1', lanes = '1'] = process.argv.slice(2);
const store = await openStore({ databaseUrl, clock: Date.now, report: console.error });
const until = performance.now() + Number(seconds) * 1000;
let count = 0;

async function fill(): Promise<void> {
  while (performance.now() < until) {
    const id = `job_${String(++count).padStart(26, '0')}`;
    const prompt = `never ends, number ${count}`;
    await store.createJob(
      {
        id,
        clientId: 'bench',
        model: 'google/veo-3.1-lite',
        request: { model: 'google/veo-3.1-lite', prompt, duration: 4, resolution: '720p' },
        nonce: id,
        expectedMs: 60_000,
        estimatedMicroUsd: 120_000,
        idempotency: { key: id, bodyHash: 'a'.repeat(64) },
      },
      'bench',
      60_000,
    );
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, fill));
const perSecond = count / Number(seconds);
await store.close();
process.send?.(perSecond, () => process.exit(0));
