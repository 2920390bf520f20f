// `Prefer: wait` of one client: bounded together with its streams, and another client's wait is its own.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { MAX_STREAMS_PER_CLIENT } from '../../../src/http/response/open-streams.ts';
import { buy, CLIP, type JobAnswer, readAs } from '../../support/clips.ts';
import { CLIENT_KEY, OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openSocket } from '../../support/raw-http.ts';

const AS_OTHER = { authorization: `Bearer ${OTHER_CLIENT_KEY}` };
const WAITING = { prefer: 'wait=50' };

let gateway: TestGateway;
let sockets: Socket[];
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await gateway.close();
});

it('is 429 beyond the share of its client, until the job changes', { timeout: 60_000 }, async () => {
  gateway = await startTestGateway({ background: false });
  const { id } = await buy(gateway);
  const other = await readAs<JobAnswer>(await gateway.post('/jobs', CLIP, AS_OTHER));
  const ask = `GET /jobs/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${CLIENT_KEY}\r\nPrefer: wait=50\r\n\r\n`;
  sockets = [];
  const answers: Promise<unknown[]>[] = [];
  for (let asked = 0; asked <= MAX_STREAMS_PER_CLIENT; asked++) {
    const socket = await openSocket(gateway.url);
    socket.write(ask);
    sockets.push(socket);
    answers.push(once(socket, 'data'));
  }
  const [first] = await Promise.race(answers);
  expect(String(first)).toMatch(/^HTTP\/1\.1 429 .*too_many_streams/s);

  const refused = await gateway.request(`/jobs/${id}`, { headers: WAITING });
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(await refused.json()).toMatchObject({ code: 'too_many_streams', status: 429 });
  // A stream counts as a wait does; a plain read as none.
  expect((await gateway.request(`/jobs/${id}/events`)).status).toBe(429);
  expect((await gateway.request(`/jobs/${id}`)).status).toBe(200);

  const others = gateway.request(`/jobs/${other.id}`, { headers: { ...WAITING, ...AS_OTHER } });
  await gateway.tick();
  expect(await readAs<JobAnswer>(await others)).toMatchObject({ id: other.id });
  await Promise.all(answers);
  expect((await gateway.request(`/jobs/${id}`, { headers: WAITING })).status).toBe(200);
});
