// Passes connections on byte by byte, and cuts those that are open where a test says so: no answer on them arrives.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** Resets every connection that is open, on both sides. @returns how many. */
  cut(): number;
  close(): Promise<void>;
}

/** @param target origin of the server behind it. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const port = Number(new URL(target).port);
  const pairs = new Map<Socket, Socket>();
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    pairs.set(from, to);
    from.pipe(to);
    to.pipe(from);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        pairs.delete(from);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    const open = [...pairs];
    for (const [from, to] of open) {
      // The server behind learns of it before the client can come again.
      to.resetAndDestroy();
      from.resetAndDestroy();
    }
    return open.length;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    async close() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
