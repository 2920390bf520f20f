// Reads bodies as JSON (RFC 8259) in UTF-8, without replacing characters.

import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import { findDuplicateKey } from './duplicate-keys.ts';
import { toInputError } from './input-errors.ts';

/** Makes `application/json` the only accepted body. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      checkHeaders(request.headers);
      if (bytes.length === 0) {
        throw new ClipgateError('malformed_body', 'The body is empty: send a JSON object.');
      }
      // Decoding invalid UTF-8 would put replacement characters into the caller's text.
      if (!isUtf8(bytes)) throw new ClipgateError('malformed_body', 'The body is not valid UTF-8.');
      const text = bytes.toString('utf8');
      const value = parse(text);
      checkNames(text);
      return value;
    },
  );
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

function parse(text: string): unknown {
  try {
    // RFC 8259 allows ignoring a byte order mark.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    // The parser's message quotes the body; only the position is safe to repeat.
    const position = /at position (\d+)/.exec(String(cause))?.[1];
    const where = position === undefined ? '' : ` The error is at character ${position}.`;
    throw new ClipgateError('malformed_body', `The body is not valid JSON.${where}`, { cause });
  }
}

/** A duplicate key would drop one of the two values, possibly the intended one. */
function checkNames(text: string): void {
  const repeated = findDuplicateKey(text);
  if (!repeated) return;
  const fault = toInputError(repeated.path, repeated.message);
  throw new ClipgateError('malformed_body', `${fault.pointer || 'The body'} ${fault.message}.`, {
    errors: [fault],
  });
}
