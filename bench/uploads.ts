// Memory of uploads: POST /v1/videos with a picture of 20 MB as multipart/form-data, the peak of the process against the
// bytes sent: `npx tsx bench/uploads.ts`. Linux, which keeps the peak of a process.

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { AUTHORIZATION, startGateway } from './support/gateway.ts';
import { median } from './support/median.ts';
import { withStage } from './support/stage.ts';

const UPLOADS = Number(process.env['BENCH_ROUNDS'] ?? 15);
const BYTES = 20_000_000;
const GOAL = 2.5;
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** @returns bytes in memory now, and at the most since the last `forgetPeak`. */
async function readMemory(pid: number): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

const forgetPeak = (pid: number) => writeFile(`/proc/${pid}/clear_refs`, '5');

await withStage(async ({ built, upstream, add }) => {
  const gateway = await add(startGateway(built, { upstream, logLevel: 'info' }));
  const { pid } = gateway.process;
  if (pid === undefined) throw new Error('the gateway has no process');

  async function upload(bytes: number): Promise<void> {
    const form = new FormData();
    form.set('model', 'google/veo-3.1-lite');
    form.set('prompt', 'a paper boat');
    form.set('seconds', '4');
    // No two alike: the store keeps what it has once.
    form.set(
      'input_reference',
      new Blob([PNG, randomBytes(bytes - PNG.length)], { type: 'image/png' }),
      'a.png',
    );
    const answer = await fetch(`${gateway.url}/v1/videos`, {
      method: 'POST',
      headers: { authorization: AUTHORIZATION },
      body: form,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`POST /v1/videos answered ${answer.status}: ${text}`);
  }

  // Code that is not compiled yet, and the connection.
  for (let index = 0; index < 5; index += 1) await upload(100_000);
  const { now: idle } = await readMemory(pid);
  const ratios: number[] = [];
  for (let index = 0; index < UPLOADS; index += 1) {
    await forgetPeak(pid);
    await upload(BYTES);
    ratios.push(((await readMemory(pid)).peak - idle) / BYTES);
  }
  const middle = median(ratios);
  if (middle > GOAL) process.exitCode = 1;
  console.log(
    `${UPLOADS} uploads of ${BYTES / 1e6} MB, one after the other; memory before: ${Math.round(idle / 1e6)} MB. Peak above it, in times the bytes: ` +
      `first ${ratios[0]?.toFixed(2)}, median ${middle.toFixed(2)} (${GOAL}), highest ${Math.max(...ratios).toFixed(2)}${middle > GOAL ? ' MISSED' : ''}`,
  );
});
