// Answers on the socket itself what never becomes a request: invalid HTTP, too slow, too large.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { ClipgateError, type ErrorCode } from '../../core/errors.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';

const ANSWERS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are larger than this server accepts.'],
};
const OTHERWISE = ['invalid_request', 'This is not an HTTP request.'] as const;

/** Handles Node's clientError: answers if the socket is still writable, and closes it. */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
  requestId: string,
  log: FastifyBaseLogger,
): void {
  // The other side hung up: there is nobody to tell. Or an answer is under way: ours would land in the middle of it.
  const { _httpMessage: underWay } = socket as { _httpMessage?: ServerResponse | null };
  if (error.code === 'ECONNRESET' || !socket.writable || underWay?.headersSent) {
    socket.destroy();
    return;
  }
  const [code, message] = ANSWERS[error.code ?? ''] ?? OTHERWISE;
  const problem = toProblem(new ClipgateError(code, message), requestId);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n` +
      `content-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${requestId}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
  );
  const line = { reqId: requestId, method: null, route: null, status: problem.status, client: null };
  log.info({ ...line, reason: error.code ?? null }, 'request');
}
