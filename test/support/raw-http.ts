// HTTP by hand, for what no client would send: bytes on a fresh socket, answers read as a strict client reads them.

import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface RawOptions {
  /** Answers to wait for; the socket is closed then. Default 1. */
  readonly count?: number;
  /** The answers have no body, whatever their headers say (HEAD). */
  readonly headOnly?: boolean;
}

/** Sends `bytes` and resolves with the answers so far once `count` have come or the server has hung up. */
export async function sendRaw(
  url: string,
  bytes: string | Uint8Array,
  { count = 1, headOnly = false }: RawOptions = {},
): Promise<RawAnswer[]> {
  const socket = await openSocket(url);
  const answers: RawAnswer[] = [];
  let received = Buffer.alloc(0);
  socket.write(bytes);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      for (let next = parseAnswer(received, headOnly); next; next = parseAnswer(received, headOnly)) {
        answers.push(next.answer);
        received = received.subarray(next.end);
      }
      if (answers.length >= count) break;
    }
  } catch (error) {
    // A server that hangs up on garbage may do so with bytes of ours unread; what it said before that counts.
    if ((error as { code?: unknown }).code !== 'ECONNRESET' || answers.length === 0) throw error;
  } finally {
    socket.destroy();
  }
  return answers;
}

export function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.once('error', reject);
  });
}

function parseAnswer(bytes: Buffer, headOnly: boolean): { answer: RawAnswer; end: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  const headers = new Headers();
  for (const line of lines)
    headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  const start = headEnd + 4;
  const length =
    headOnly || status === 304 || status === 204 ? 0 : Number(headers.get('content-length') ?? 0);
  if (bytes.length < start + length) return null;
  const body = bytes.subarray(start, start + length).toString();
  return { answer: { status, headers, body }, end: start + length };
}
