// Where upstream's webhooks arrive: a balancer that tries replica after replica until one of them answers.

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

// Below the ten seconds for which upstream waits.
const PATIENCE_MS = 8_000;
const RETRY_MS = 150;
const ATTEMPT_MS = 3_000;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function passOn(url: string, headers: Record<string, string>, body: Buffer): Promise<number | null> {
  try {
    const signal = AbortSignal.timeout(ATTEMPT_MS);
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body), signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}

/**
 * A signature is good for five minutes, of which fast time makes seconds: one that was good on arrival is made anew
 * for each try. One that was not, never gets better.
 */
export interface Signing {
  isGood(signature: string, body: Buffer): boolean;
  sign(body: Buffer): string;
}

export async function openFront(
  port: number,
  replicas: readonly { readonly url: string }[],
  signing: Signing,
): Promise<Front> {
  const handle = async (request: IncomingMessage): Promise<number> => {
    const body = await readBody(request);
    const signature = request.headers['x-openrouter-signature'];
    const signed = typeof signature === 'string' ? signature : '';
    const isGood = signing.isGood(signed, body);
    const until = Date.now() + PATIENCE_MS;
    for (let turn = 0; Date.now() < until; turn++) {
      const replica = replicas[turn % replicas.length];
      const headers = {
        'content-type': 'application/json',
        'x-openrouter-signature': isGood ? signing.sign(body) : signed,
      };
      const status = replica ? await passOn(`${replica.url}${request.url ?? '/'}`, headers, body) : null;
      if (status !== null && status < 500) return status;
      await sleep(RETRY_MS);
    }
    return 504;
  };
  const server = createServer((request, response) => {
    handle(request)
      .catch(() => 500)
      .then((status) => response.writeHead(status).end())
      .catch(() => response.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
