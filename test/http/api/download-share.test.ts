// Downloads are shared between clients: what one client reads slowly, or upstream sends slowly, leaves places for others.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { MAX_STREAMS_PER_CLIENT } from '../../../src/http/response/open-streams.ts';
import { buy, CLIP, follow, type JobAnswer, readAs } from '../../support/clips.ts';
import { CLIENT_KEY, OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openSocket } from '../../support/raw-http.ts';

const AS_OWNER = { authorization: `Bearer ${CLIENT_KEY}` };
const AS_OTHER = { authorization: `Bearer ${OTHER_CLIENT_KEY}` };

let gateway: TestGateway;
let sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await gateway.close();
});

/** Asks for a clip and reads no more of it than its head, once that is there. */
async function download(id: string, key = CLIENT_KEY): Promise<{ status: Promise<number> }> {
  const socket = await openSocket(gateway.url);
  sockets.push(socket.on('error', () => undefined));
  socket.write(`GET /jobs/${id}/content HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  const status = once(socket, 'data').then(([chunk]) => {
    socket.pause();
    return Number(String(chunk).slice(9, 12));
  });
  return { status };
}

/** The other client's whole way: buy, follow, and read every byte. */
async function buyAsOther(): Promise<number> {
  const bought = await gateway.post('/jobs', CLIP, AS_OTHER);
  expect(bought.status).toBe(202);
  const { id } = await readAs<JobAnswer>(bought);
  for (;;) {
    const job = await readAs<JobAnswer>(
      await gateway.request(`/jobs/${id}`, { headers: { ...AS_OTHER, prefer: 'wait=1' } }),
    );
    if (job.outputs.some(({ bytes }) => bytes !== null)) break;
  }
  const clip = await gateway.request(`/jobs/${id}/content`, { headers: AS_OTHER });
  expect(clip.status).toBe(200);
  return (await clip.arrayBuffer()).byteLength;
}

it('leaves polls, archiving and downloads of another client alone while upstream sends one clips that stall', {
  timeout: 60_000,
}, async () => {
  gateway = await startTestGateway();
  gateway.simulator.addFault({ fault: 'stall', match: { prompt: 'stalls' }, at: 2_000 });
  const jobs = await Promise.all(
    Array.from({ length: 150 }, async (_, index) => {
      const { id } = await buy(gateway, { ...CLIP, prompt: `stalls ${index}` });
      return follow(gateway, id);
    }),
  );
  for (const { id } of jobs) await download(id);
  expect(await buyAsOther()).toBeGreaterThan(2_000);
});

it('refuses the downloads of one client that are more than its share, and none of another', {
  timeout: 60_000,
}, async () => {
  gateway = await startTestGateway();
  gateway.simulator.addFault({ fault: 'large', match: { prompt: 'large' }, bytes: 8_000_000 });
  const { id } = await buy(gateway, { ...CLIP, prompt: 'large' });
  await follow(gateway, id, ({ outputs }) => outputs.some(({ bytes }) => bytes !== null));
  const statuses: number[] = [];
  for (let asked = 0; asked < 300; asked++) statuses.push(await (await download(id)).status);
  const counts = (status: number) => statuses.filter((one) => one === status).length;
  // Half of 256 MB, half a megabyte each.
  expect([counts(200), counts(503)]).toEqual([256, 44]);
  expect(await buyAsOther()).toBeGreaterThan(2_000);
  const others = await readAs<JobAnswer>(await gateway.post('/jobs', { ...CLIP, prompt: 'large' }, AS_OTHER));
  await expect
    .poll(async () => (await download(others.id, OTHER_CLIENT_KEY)).status, { timeout: 5_000 })
    .toBe(200);

  // Streams are refused while downloads hold all that is this client's, and those refused count as none.
  for (let asked = 0; asked <= MAX_STREAMS_PER_CLIENT; asked++) {
    const { status } = await fetch(`${gateway.url}/jobs/${id}/events`, { headers: AS_OWNER });
    expect(status).toBe(503);
  }
  for (const socket of sockets) socket.destroy();
  await expect
    .poll(async () => (await gateway.request(`/jobs/${id}/events`)).status, { timeout: 5_000 })
    .toBe(200);
});
