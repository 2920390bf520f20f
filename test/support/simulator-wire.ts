// Speaks HTTP over a bare socket, to see what really happens on the wire: resets, cuts and answers that never come.
import { connect } from 'node:net';
import type { Simulator } from '../../src/simulator/index.ts';

export type WireOutcome = {
  /** Everything that came back, head and all. */
  readonly text: string;
  readonly bytes: number;
  /** How it ended: a FIN, a socket error's code, or nothing at all before `until` was reached. */
  readonly end: 'closed' | 'open' | string;
};

/** Sends one request as raw text and reads until the connection ends, or until `until` says that is enough. */
export function talk(
  simulator: Simulator,
  request: string,
  until: (text: string) => boolean = () => false,
): Promise<WireOutcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const text = () => Buffer.concat(chunks).toString('latin1');
    const finish = (end: string) => {
      resolve({ text: text(), bytes: Buffer.concat(chunks).length, end });
      socket.destroy();
    };
    const socket = connect(simulator.port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (until(text())) finish('open');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.on('end', () => finish('closed'));
  });
}

/** A request with a key, as text. */
export function rawRequest(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): string {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const lines = {
    host: 'simulator.test',
    authorization: 'Bearer sk-or-test',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(payload)),
    ...headers,
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}`);
  return `${method} /api/v1${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${payload}`;
}

/** The body of a raw answer. */
export function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}
