// The listening socket, which can be shut for a while so that connections are truly refused, and opened again.
import { once } from 'node:events';
import type { Server } from 'node:http';

export type Door = {
  /** Refuses connections until `open`; idle ones are closed, those in use may finish. */
  shut(): void;
  /** Listens again on the same port. */
  open(): Promise<void>;
  /** Shuts now and opens again by itself. Real milliseconds: nobody could step the clock from outside. */
  shutFor(ms: number): void;
};

/** @param server already listening on a port. */
export function createDoor(server: Server, address: { readonly host: string; readonly port: number }): Door {
  let reopening: NodeJS.Timeout | undefined;

  function shut() {
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
    shut,
    open,
    shutFor(ms) {
      shut();
      reopening = setTimeout(() => {
        open().catch((error: unknown) => server.emit('error', error));
      }, ms);
    },
  };
}
