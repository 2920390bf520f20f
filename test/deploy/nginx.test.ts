// deploy/nginx/clipgate.conf in front of two replicas: large bodies, waits and events pass, and a rolling restart loses
// no request.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { variables } from '../../src/config/variables.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import {
  createFolder,
  envOf,
  type GatewayProcess,
  openUpstream,
  runGateway,
} from '../journey/gateway-process.ts';
import { type PostgresServer, startPostgres } from '../store/postgres/postgres-server.ts';
import { findFreePorts, findNginx, NGINX_CONF, startNginx } from '../support/nginx.ts';

const PATIENT = { timeout: 240_000 };
const HEADERS = { 'content-type': 'application/json' };

const hasNginx = findNginx();

interface Stage {
  readonly url: string;
  readonly upstream: Simulator;
  readonly replicas: GatewayProcess[];
  /** Ends the replica as a deployment does, and starts it again at its address. */
  restart(index: number): Promise<void>;
}

let server: PostgresServer;

async function openStage(more: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const upstream = await openUpstream({ timeScale: 0 });
  const folder = createFolder();
  const [one = 0, other = 0, front = 0] = await findFreePorts(3);
  const env = {
    ...envOf(folder, upstream.apiUrl),
    DATABASE_URL: await server.createDatabase(),
    TRUST_PROXY: '127.0.0.0/8',
    DRAIN_DELAY_MS: '1000',
    POLL_MIN_MS: '60000',
    POLL_MAX_MS: '60000',
    LOG_LEVEL: 'warn',
    ...more,
  };
  const start = (port: number) => runGateway({ ...env, LOG_LEVEL: 'info', PORT: String(port) });
  const ports = [one, other];
  const replicas = await Promise.all(ports.map(start));
  return {
    url: await startNginx(folder, ports, front),
    upstream,
    replicas,
    async restart(index) {
      replicas[index]?.signal('SIGTERM');
      expect(await replicas[index]?.exit()).toBe(0);
      replicas[index] = await start(ports[index] ?? 0);
    },
  };
}

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4, resolution: '720p' };

describe.skipIf(!hasNginx)('behind nginx', () => {
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it('waits end before nginx gives up', () => {
    const readS = Number(/proxy_read_timeout (\d+)s;/.exec(NGINX_CONF)?.[1]);
    expect(Number(variables.MAX_WAIT_S.parse(undefined))).toBeLessThan(readS);
  });

  it('pass bodies of 20 MB, waits and events as they come', PATIENT, async () => {
    const { url } = await openStage({ MAX_WAIT_S: '1' });
    const image = `data:image/png;base64,${'iVBORw0KGgo'.padEnd(20_000_000, 'A')}`;
    const frame = { type: 'image_url', image_url: { url: image }, frame_type: 'first_frame' };
    const bought = await fetch(`${url}/jobs`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ ...CLIP, frame_images: [frame] }),
    });
    expect(bought.status).toBe(202);
    const { id } = (await bought.json()) as { id: string };

    const waited = await fetch(`${url}/jobs/${id}`, { headers: { prefer: 'wait=60' } });
    expect([waited.status, waited.headers.get('preference-applied')]).toEqual([200, 'wait=1']);

    // The first event of a stream that stays open: with buffering it would never come.
    const events = await fetch(`${url}/jobs/${id}/events`);
    const reader = events.body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    expect(first).toContain(id);
    await reader?.cancel();
  });

  it('lose none of 2,000 requests while one replica after the other restarts', PATIENT, async () => {
    const { url, upstream, restart } = await openStage();
    let isRolling = true;
    let sent = 0;
    const lost: string[] = [];
    const send = async (count: number): Promise<void> => {
      const isOrder = count % 10 === 0;
      const [method, path, body] = isOrder
        ? ['POST', '/jobs', CLIP]
        : count % 2 === 0
          ? ['POST', '/route', { prompt: 'a boat' }]
          : ['GET', '/jobs?limit=1', undefined];
      const answer = await fetch(`${url}${path}`, {
        method: String(method),
        headers: { ...HEADERS, ...(isOrder && { 'idempotency-key': `order-${count}` }) },
        ...(body && { body: JSON.stringify(body) }),
      }).catch((error: unknown) => String(error));
      const status = typeof answer === 'string' ? answer : answer.status;
      if (status !== 200 && status !== 202) lost.push(`${method} ${path}: ${status}`);
      if (typeof answer !== 'string') await answer.arrayBuffer();
    };
    const client = async () => {
      while (isRolling || sent < 2_000) await send(++sent);
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    await restart(0);
    await restart(1);
    isRolling = false;
    await clients;
    expect(lost).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(2_000);
    expect(upstream.ledger()).toHaveLength(Math.floor(sent / 10));
  });
});
