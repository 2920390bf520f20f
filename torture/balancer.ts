// What stands between SDK clients and the replicas: passes bytes on, and cuts one order in ten before its answer is out.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { keysIn } from './orders.ts';

export interface Balancer {
  readonly url: string;
  /** Orders whose connection was cut. */
  cuts(): number;
  /** By key, answers that the gateway had sent whole when the connection was cut: it cannot know that they were lost. */
  lost(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const CUT_SHARE = 0.1;
/** Upstream answers within 120 ms: half are cut before the order is on record, or soon after. */
const LATEST_CUT_MS = 200;
const EARLY = 1.5;
/** What is on its way when an order is cut arrives by then. */
const LINGER_MS = 2_000;
const ORDER = /^POST \S*\/videos HTTP/;

const portOf = (url: string): number => Number(new URL(url).port);

/** A replica that takes connections, tried in turn from a drawn one; null where none does. */
async function connectAny(ports: readonly number[], first: number): Promise<Socket | null> {
  for (let turn = 0; turn < ports.length; turn++) {
    const socket = connect({
      port: ports[(first + turn) % ports.length] ?? 0,
      host: '127.0.0.1',
      noDelay: true,
    });
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (connected) return socket;
  }
  return null;
}

export async function openBalancer(
  replicas: readonly { readonly url: string }[],
  random: () => number,
): Promise<Balancer> {
  const ports = replicas.map(({ url }) => portOf(url));
  const open = new Set<Socket>();
  const lost = new Map<string, number>();
  let cuts = 0;

  function join(from: Socket, to: Socket): void {
    /** What the client sent since the last byte of an answer: the order under way, if it is one. */
    let asked = '';
    let cutting: NodeJS.Timeout | undefined;
    let isCut = false;

    function cut(): void {
      isCut = true;
      cuts += 1;
      const keys = keysIn(asked);
      from.resetAndDestroy();
      // Not reset: an answer that is out already is still seen here, and is one that was lost on its way.
      to.once('data', () => {
        for (const key of keys) lost.set(key, (lost.get(key) ?? 0) + 1);
      });
      to.end();
      setTimeout(() => to.destroy(), LINGER_MS).unref();
    }

    from.on('data', (bytes: Buffer) => {
      const begins = asked === '';
      asked += bytes.toString('latin1');
      if (begins && ORDER.test(asked) && random() < CUT_SHARE)
        cutting = setTimeout(cut, LATEST_CUT_MS * random() ** EARLY);
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => from.resume());
    to.on('data', (bytes: Buffer) => {
      clearTimeout(cutting);
      asked = isCut ? asked : '';
      if (!isCut && !from.write(bytes)) to.pause();
    });
    from.on('drain', () => to.resume());
    from.on('end', () => to.end());
    to.on('end', () => from.end());
    const done = () => {
      clearTimeout(cutting);
      if (!isCut) to.destroy();
      from.destroy();
    };
    for (const socket of [from, to]) socket.on('error', done).on('close', done);
  }

  const server = createServer({ noDelay: true }, (from) => {
    open.add(from);
    from.on('close', () => open.delete(from)).on('error', () => undefined);
    from.pause();
    void connectAny(ports, Math.floor(random() * ports.length)).then((to) => {
      if (!to || from.destroyed) {
        to?.destroy();
        from.resetAndDestroy();
        return;
      }
      open.add(to);
      to.on('close', () => open.delete(to));
      join(from, to);
      from.resume();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    lost: () => lost,
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
