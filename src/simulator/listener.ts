// The listening socket, which can be closed for a while so that connections are really refused.
import { once } from 'node:events';
import type { Server } from 'node:http';

export type Listener = {
  /** Refuses connections until `open`; idle ones are closed, those in use may finish. */
  close(): void;
  /** Listens again on the same port. */
  open(): Promise<void>;
  /** Closes now and opens again by itself, in real milliseconds: while it is closed, the clock cannot be advanced by HTTP. */
  closeFor(ms: number): void;
};

/** @param server already listening on a port. */
export function createListener(
  server: Server,
  address: { readonly host: string; readonly port: number },
): Listener {
  let reopening: NodeJS.Timeout | undefined;

  function close() {
    clearTimeout(reopening);
    if (!server.listening) return;
    server.close();
    server.closeIdleConnections();
  }

  async function open() {
    clearTimeout(reopening);
    if (server.listening) return;
    server.listen(address);
    await once(server, 'listening');
  }

  return {
    close,
    open,
    closeFor(ms) {
      close();
      reopening = setTimeout(() => {
        open().catch((error: unknown) => server.emit('error', error));
      }, ms);
    },
  };
}
