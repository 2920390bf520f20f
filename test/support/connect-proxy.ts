// A forward proxy of the test's own: opens tunnels (CONNECT), to where a test says each name leads.

import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy {
  readonly port: number;
  /** What each CONNECT asked for, in order. */
  readonly asked: { readonly authority: string; readonly authorization: string | undefined }[];
  /** Answers every CONNECT from now on with this status, or opens tunnels again with null. */
  refuse(status: number | null): void;
  /** Ends every tunnel, once what was sent to the host has been passed on. */
  cut(): void;
  close(): Promise<void>;
}

/** @param ports by host: a port of 127.0.0.1; what is not among them is answered with 502. */
export async function startConnectProxy(ports: Readonly<Record<string, number>>): Promise<ConnectProxy> {
  const asked: ConnectProxy['asked'] = [];
  const sockets = new Set<Socket>();
  let refusal: number | null = null;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server: Server = createServer((_request, response) => void response.writeHead(405).end());
  server.on('connection', keep);
  server.on('connect', (request, client: Socket, head: Buffer) => {
    const authority = request.url ?? '';
    asked.push({ authority, authorization: request.headers['proxy-authorization'] });
    const port = ports[authority.replace(/:\d+$/, '')];
    if (refusal !== null || port === undefined) {
      client.end(`HTTP/1.1 ${refusal ?? 502} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const host = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      host.write(head);
      client.pipe(host).pipe(client);
    });
    keep(host);
    host.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    refuse: (status) => {
      refusal = status;
    },
    cut,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
