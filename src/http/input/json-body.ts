// Reads bodies as what RFC 8259 calls JSON: UTF-8 and nothing else, refused at the first byte that is too much.

import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import { bodyTooLarge } from './body-admission.ts';
import { invalidRequest, toInputError } from './input-errors.ts';
import { createJsonScan, type ScanFault } from './json-scan.ts';
import type { JsonParser } from './large-json.ts';
import { drainInTurns, pauseForTurn, type Turns, turnsOf } from './turns.ts';

// Up to here a body takes no turn to be received: to look at it costs less than waiting.
const SMALL_BYTES = 16 * 1024;

export interface JsonReader {
  readonly parser: JsonParser;
  /** Of everything that bodies make the event loop do. */
  readonly turns: Turns;
}

/** Makes `application/json` the only body that this scope, and those below it, read. */
export function readJsonBodies(app: FastifyInstance, { parser, turns }: JsonReader): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Readable) => {
    checkHeaders(request.headers);
    const client = turnsOf(request);
    const bytes = await receive(payload, {
      length: lengthOf(request),
      limit: request.routeOptions.bodyLimit,
      pause: () => pauseForTurn(payload, turns, client),
      drain: () => drainInTurns(payload, turns, client),
    });
    if (bytes.length === 0) {
      throw new ClipgateError('malformed_body', 'The body is empty: send a JSON object.');
    }
    const parsed = await parser.parse(bytes, client);
    switch (parsed.kind) {
      case 'value':
        return parsed.value;
      case 'not_utf8':
        throw new ClipgateError('malformed_body', 'The body is not valid UTF-8.');
      case 'not_json': {
        const where = parsed.position === null ? '' : ` The error is at character ${parsed.position}.`;
        throw new ClipgateError('malformed_body', `The body is not valid JSON.${where}`);
      }
    }
  });
}

function checkHeaders(headers: FastifyRequest['headers']): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    throw new ClipgateError('unsupported_media_type', 'Send the body without a Content-Encoding.');
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new ClipgateError('unsupported_media_type', 'Send the body as UTF-8.');
  }
}

/** As announced, at most the limit of the route; null for chunks. */
function lengthOf({ headers, routeOptions }: FastifyRequest): number | null {
  const length = headers['content-length'];
  return length === undefined ? null : Math.min(Number(length), routeOptions.bodyLimit);
}

interface Reception {
  /** Null = not announced. */
  readonly length: number | null;
  readonly limit: number;
  readonly pause: () => void;
  readonly drain: () => void;
}

/**
 * The whole body, scanned as it comes.
 * @throws ClipgateError at the first fault. The rest is read and thrown away, so that the client can read the answer.
 */
function receive(payload: Readable, { length, limit, pause, drain }: Reception): Promise<Buffer> {
  const scan = createJsonScan();
  // One allocation, and one that can be handed to a worker: the bytes are written where they stay.
  const whole = length === null ? null : Buffer.allocUnsafeSlow(length);
  const chunks: Buffer[] = [];
  let received = 0;

  return new Promise((resolve, reject) => {
    function finish(error: Error | null): void {
      payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      if (!error) {
        resolve(whole ? whole.subarray(0, received) : Buffer.concat(chunks, received));
        return;
      }
      drain();
      reject(error);
    }
    function onData(chunk: Buffer): void {
      if (received + chunk.length > limit) {
        finish(bodyTooLarge(limit));
        return;
      }
      if (whole) chunk.copy(whole, received);
      // Copied: it may be part of a larger buffer that must not be kept alive, or change.
      else chunks.push(Buffer.from(chunk));
      received += chunk.length;
      const fault = scan.push(chunk);
      if (fault) finish(asError(fault));
      else if (received > SMALL_BYTES) pause();
    }
    const onEnd = () => finish(null);
    const onError = (cause: unknown) => finish(cause instanceof ClipgateError ? cause : brokenOff(cause));
    const onClose = () => finish(brokenOff());
    payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    payload.resume();
  });
}

const brokenOff = (cause?: unknown): ClipgateError =>
  new ClipgateError('malformed_body', 'The body ended before its length.', { cause });

function asError({ code, path, message }: ScanFault): ClipgateError {
  const fault = toInputError(path, message);
  if (code === 'invalid_request') return invalidRequest([fault]);
  return new ClipgateError('malformed_body', `${fault.pointer || 'The body'} ${message}.`, {
    errors: [fault],
  });
}
