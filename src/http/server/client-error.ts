// Answers on the socket itself what never becomes a request: invalid HTTP, too slow, too large.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { ClipgateError, type ErrorCode } from '../../core/errors.ts';
import type { ErrorShape } from './error-shapes.ts';

const ANSWERS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are larger than this server accepts.'],
};
const OTHERWISE = ['invalid_request', 'This is not an HTTP request.'] as const;

// Long enough for the answer to arrive and be read, before the socket is closed under a peer that goes on sending.
const LINGER_MS = 1_000;

/** Long enough for the method and the prefix of any API. */
const REQUEST_LINE_BYTES = 64;

/** The URL asked for, or its beginning, where the packet that broke off begins with it; else ''. */
const urlIn = (packet: unknown): string =>
  Buffer.isBuffer(packet)
    ? (/^[A-Z]+ (\/\S*)/.exec(packet.toString('latin1', 0, REQUEST_LINE_BYTES))?.[1] ?? '')
    : '';

/**
 * Handles Node's clientError: answers if the socket is still writable, and closes it.
 * @param shapeFor the error shape of the API that a URL belongs to.
 */
export function answerClientError(
  error: Error & { code?: string; rawPacket?: unknown },
  socket: Socket,
  requestId: string,
  log: FastifyBaseLogger,
  shapeFor: (url: string) => ErrorShape,
): void {
  const { _httpMessage: underWay } = socket as { _httpMessage?: ServerResponse | null };
  // A whole request is being answered, and what follows it is no HTTP: the answer may name a job that was bought.
  if (error.code !== 'ECONNRESET' && socket.writable && underWay?.req.complete) {
    underWay.shouldKeepAlive = false;
    underWay.once('finish', () => socket.destroySoon());
    return;
  }
  // The other side hung up, or is in the middle of an answer.
  if (error.code === 'ECONNRESET' || !socket.writable || underWay?.headersSent) {
    socket.destroy();
    return;
  }
  const [code, message] = ANSWERS[error.code ?? ''] ?? OTHERWISE;
  const shape = shapeFor(urlIn(error.rawPacket));
  const { status, type, body } = shape.write(new ClipgateError(code, message), requestId);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${requestId}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
  );
  // A peer that never closes its side would keep the socket for ever.
  const destroy = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(destroy));
  const line = {
    reqId: requestId,
    method: null,
    route: null,
    status,
    client: null,
    'client.address': socket.remoteAddress,
  };
  log.info({ ...line, reason: error.code ?? null }, 'request');
}
