// Downloads one large body again and again, and throws it away as it comes. The load generator is made for small
// answers: with 20 MB ones it is itself what takes the time.

import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { Load, Target } from './load.ts';

/** @throws Error where an answer is not a 200, or not as long as the others. */
export async function download(target: Target, seconds: number, connections: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const sizes = new Set<number>();
  const before = await target.child.usage();
  const start = performance.now();
  const until = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        const asked = performance.now();
        sizes.add(await fetchOnce(target, agent));
        times.push(performance.now() - asked);
      }
    }),
  );
  const elapsed = (performance.now() - start) / 1000;
  const after = await target.child.usage();
  agent.destroy();
  const [bytes = 0] = sizes;
  if (sizes.size !== 1) throw new Error(`${target.url} sent ${[...sizes].join(' and ')} bytes`);
  return {
    perSecond: times.length / elapsed,
    p99Ms: Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0),
    cpuMicros: (after.cpuMicros - before.cpuMicros) / times.length,
    bytesPerAnswer: bytes,
  };
}

async function fetchOnce({ url, headers }: Target, agent: Agent): Promise<number> {
  const [response] = (await once(get(url, { agent, headers: { ...headers } }), 'response')) as [
    IncomingMessage,
  ];
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(response, 'end');
  return bytes;
}
