// Connections at shutdown: closes those that are idle, unfinished or not read, and keeps those that wait for an answer.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  /**
   * To be called when the server is about to close. From then on, until the returned function is called: an idle
   * connection is ended at once; one whose request or answer is only partly through is ended after `graceMs`;
   * one whose request is complete and whose answer has not begun is left alone.
   */
  endUnfinished(graceMs: number): () => void;
}

/** What is under way on a connection; at rest, how much of it had been read when the last exchange was over. */
type State =
  | { readonly request: IncomingMessage; readonly response: ServerResponse }
  | { readonly restedAtByte: number };

const SWEEP_MS = 50;

/** Follows every connection of `server` from now on. */
export function trackConnections(server: Server): Connections {
  const open = new Map<Socket, State>();

  server.on('connection', (socket: Socket) => {
    open.set(socket, { restedAtByte: 0 });
    socket.once('close', () => open.delete(socket));
  });
  const follow = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (!open.has(socket)) return;
    const exchange = { request, response };
    open.set(socket, exchange);
    // With pipelining the next request may have taken its place already.
    response.once('close', () => {
      if (open.get(socket) === exchange) open.set(socket, { restedAtByte: socket.bytesRead });
    });
  };
  server.on('request', follow);
  server.on('checkExpectation', follow);
  server.on('checkContinue', follow);

  const waitsForAnswer = (state: State) =>
    'request' in state && state.request.complete && !state.response.headersSent;
  const isIdle = (socket: Socket, state: State) =>
    'restedAtByte' in state && socket.bytesRead === state.restedAtByte;

  return {
    endUnfinished(graceMs) {
      const patience = new Map<Socket, number>();
      const sweep = () => {
        for (const [socket, state] of open) {
          // What was handed to it may still be on its way out.
          if (isIdle(socket, state)) socket.destroySoon();
          else if (waitsForAnswer(state)) patience.delete(socket);
          else {
            const waited = (patience.get(socket) ?? 0) + SWEEP_MS;
            if (waited > graceMs) socket.destroy();
            else patience.set(socket, waited);
          }
        }
      };
      sweep();
      const timer = setInterval(sweep, SWEEP_MS);
      return () => clearInterval(timer);
    },
  };
}
