// One client attacks in every way a key allows; the orders of another succeed meanwhile, and stay quick.

import { createHash } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../src/simulator/index.ts';
import { runProgram } from '../support/program.ts';
import { openSocket } from '../support/raw-http.ts';
import { createFolder, envOf, type GatewayProcess, runGateway } from './gateway-process.ts';

const HOSTILE = 'ck-hostile';
const HONEST = 'ck-honest';
// Long enough for an attack to come to its height.
const ATTACK_MS = 2_500;
const SLACK_MS = 250;
const WORST_MS = 1_500;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Starts an attack; it goes on until the returned function is called. */
type Attack = (gateway: GatewayProcess) => Promise<() => unknown>;

function send(
  url: string,
  key: string,
  path: string,
  body: string | Buffer,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
    ...(signal && { signal }),
  });
}

/** Keeps so many of the same request under way, from a process of its own: only the gateway is shared. */
const repeat =
  (body: string, path = '/route'): Attack =>
  async ({ url }) => {
    const sender = runProgram('test/journey/hostile-sender.main.ts', {}, [url, path, HOSTILE, body]);
    await sender.waitFor(/^sending/m);
    return () => {
      sender.signal('SIGKILL');
      return sender.exit();
    };
  };

/** So many connections that say this and then nothing, and read nothing. */
const hang =
  (times: number, bytes: string): Attack =>
  async ({ url }) => {
    const sockets = await Promise.all(Array.from({ length: times }, () => openSocket(url)));
    for (const socket of sockets)
      socket
        .on('error', () => undefined)
        .pause()
        .write(bytes);
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  };

const CLIP = '"model":"google/veo-3.1-lite","prompt":"a boat","duration":4,"resolution":"720p"';
const asHostile = (line: string) => `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${HOSTILE}\r\n`;

const ATTACKS: readonly (readonly [name: string, attack: Attack])[] = [
  ['objects without end', repeat('objects')],
  ['brackets without end', repeat('brackets')],
  ['twenty large bodies', repeat('blanks')],
  ['characters of three bytes', repeat('characters', '/jobs')],
  ['media that is silent', repeat('media')],
  ['refused orders in a row', repeat('orders', '/jobs')],
  ['half a request, a thousand times', hang(1_000, asHostile('GET /models'))],
  [
    'bodies that never come',
    hang(
      300,
      `${asHostile('POST /route')}Content-Type: application/json\r\nContent-Length: 31000000\r\n\r\n{`,
    ),
  ],
  ['answers that are not read', hang(200, `${asHostile('GET /models')}\r\n`.repeat(50))],
];

async function order(url: string, key: string): Promise<number> {
  const started = performance.now();
  const answer = await send(url, HONEST, '/jobs', `{${CLIP},"user":"${key}"}`);
  expect([answer.status, await answer.text()]).toEqual([202, expect.anything()]);
  return performance.now() - started;
}

/** Orders one after the other for a while: how long one takes, as the median and at the worst. */
async function timeOrders(url: string, name: string): Promise<{ medianMs: number; worstMs: number }> {
  const times: number[] = [];
  const until = performance.now() + ATTACK_MS;
  while (performance.now() < until) times.push(await order(url, `${name} ${times.length}`));
  times.sort((a, b) => a - b);
  return { medianMs: times[Math.floor(times.length / 2)] ?? 0, worstMs: times.at(-1) ?? 0 };
}

it('makes no order of another client fail, and none wait', { timeout: 240_000 }, async () => {
  const upstream = await startSimulator({ timeScale: 0 });
  onTestFinished(() => upstream.close());
  const { CLIENT_AUTH: _, ...env } = envOf(createFolder(), upstream.apiUrl);
  const gateway = await runGateway({
    ...env,
    CLIENT_KEYS: `hostile:${sha256(HOSTILE)},honest:${sha256(HONEST)}`,
    OUTBOUND_ALLOW: '127.0.0.0/8',
    POLL_MIN_MS: '60000',
    POLL_MAX_MS: '60000',
  });
  await timeOrders(gateway.url, 'for code that is not compiled yet');
  const quiet = await timeOrders(gateway.url, 'quiet');
  const slow: string[] = [];
  const table: string[] = [];
  for (const [name, attack] of ATTACKS) {
    const stop = await attack(gateway);
    const { medianMs, worstMs } = await timeOrders(gateway.url, name);
    await stop();
    const line = `${name}: ${Math.round(medianMs)} ms, at the worst ${Math.round(worstMs)} ms`;
    table.push(line);
    // The attacker, the simulator and the gateway share the processor: what may not add up is waiting.
    if (medianMs > 3 * quiet.medianMs + SLACK_MS || worstMs > WORST_MS) slow.push(line);
  }
  table.unshift(`quiet: ${Math.round(quiet.medianMs)} ms, at the worst ${Math.round(quiet.worstMs)} ms`);
  process.stdout.write(`${table.join('\n')}\n`);
  expect(slow).toEqual([]);
});
