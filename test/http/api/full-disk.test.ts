// The disk of the database fills up under a running gateway: nothing is bought that was answered with an error.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CLIP, type JobAnswer, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { mountTinyDisk } from '../../support/tiny-disk.ts';

it('answers 503 while nothing can be kept, is not ready, and goes on when there is room', async ({
  skip,
}) => {
  const disk = mountTinyDisk(8);
  if (!disk) return skip();
  const gateway = await startTestGateway({
    background: false,
    env: { DATABASE_URL: `sqlite:${join(disk.folder, 'jobs.db')}` },
  });
  const order = (key: string) => gateway.post('/jobs', CLIP, { 'idempotency-key': key });
  const ready = async () => (await gateway.request('/readyz')).status;
  try {
    expect((await order('before')).status).toBe(202);
    expect(await ready()).toBe(200);
    disk.fill();
    const kept: string[] = ['before'];
    const refused: string[] = [];
    for (let index = 0; index < 40; index++) {
      const answer = await order(`k${index}`);
      if (answer.status === 202) {
        kept.push(`k${index}`);
        continue;
      }
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await readAs<ProblemAnswer>(answer)).toMatchObject({ code: 'store_unavailable' });
      refused.push(`k${index}`);
    }
    // The log had room for some: it is written over once its content is in the file.
    expect(refused.length).toBeGreaterThan(0);
    expect(await ready()).toBe(503);
    const alarms = gateway.logLines.filter((line) => line.includes('"alarm":"store_unavailable"'));
    expect(alarms.length).toBeGreaterThan(0);
    const bought = gateway.simulator.submits();

    disk.free();
    expect(await ready()).toBe(200);
    await expect
      .poll(async () => {
        await gateway.tick();
        const { data } = await readAs<{ data: JobAnswer[] }>(await gateway.request('/jobs?limit=100'));
        return data.filter(({ status }) => status === 'queued' || status === 'submitting').length;
      })
      .toBe(0);
    // Those answered with 202 are bought, those answered with an error are not.
    expect(gateway.simulator.submits()).toBeLessThanOrEqual(kept.length);
    expect(gateway.simulator.submits()).toBeGreaterThanOrEqual(bought);
    for (const key of refused) expect((await order(key)).status).toBe(202);
    expect(gateway.simulator.submits()).toBeLessThanOrEqual(kept.length + refused.length);
  } finally {
    await gateway.close();
    disk.remove();
  }
});
