// Reads multipart/form-data as the JSON that would say the same; an image in it becomes a data: URL. Bounded in bytes,
// fields and names; of a file there are its bytes and its text, and no third copy.

import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import { bodyTooLarge } from '../input/body-admission.ts';
import { invalidRequest, toInputError } from '../input/input-errors.ts';
import { drainInTurns, type Turns, turnsOf } from '../input/turns.ts';
import type { App } from '../server/context.ts';

const FILE_FIELD = 'input_reference';
const MAX_FIELDS = 32;
const MAX_NAME_BYTES = 100;
const MAX_FIELD_BYTES = 1024 * 1024;
const MAX_HEADER_PAIRS = 20;
const FIRST_BYTES = 64 * 1024;

/**
 * Makes a scope read multipart/form-data beside what it reads already.
 * @param turns in which clients' forms are read.
 */
export function readFormBodies(app: App, turns: Turns): void {
  app.addContentTypeParser('multipart/form-data', (request: FastifyRequest, payload: Readable) =>
    readForm(payload, request, turns),
  );
}

async function readForm(
  payload: Readable,
  request: FastifyRequest,
  turns: Turns,
): Promise<Record<string, unknown>> {
  const client = turnsOf(request);
  const contentType = request.headers['content-type'] ?? '';
  if (!/;\s*boundary=/i.test(contentType)) throw malformed('The multipart body has no boundary.');
  const limit = request.routeOptions.bodyLimit;
  const body: Record<string, unknown> = {};
  let files = 0;

  await new Promise<void>((resolve, reject) => {
    let settled = false;
    // The bytes of the file: memory that grows in place, without a copy, and is given back before the text is read.
    const memory = new ArrayBuffer(0, { maxByteLength: limit });
    const release = () => memory.resize(0);
    let length = 0;
    let received = 0;
    const form = new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: {
        fieldSize: MAX_FIELD_BYTES,
        fields: MAX_FIELDS,
        files: 1,
        headerPairs: MAX_HEADER_PAIRS,
      },
    });

    function finish(error?: unknown): void {
      if (settled) return;
      settled = true;
      release();
      payload.off('data', onData).off('end', onEnd).off('close', onClose);
      if (!error) {
        resolve();
        return;
      }
      drainInTurns(payload, turns, client);
      reject(error);
    }
    function onData(chunk: Buffer): void {
      received += chunk.length;
      if (received > limit) {
        finish(bodyTooLarge(limit));
        return;
      }
      payload.pause();
      const goOn = () => turns.take(client, () => payload.resume());
      if (form.write(chunk)) goOn();
      else form.once('drain', goOn);
    }
    const onClose = () => finish(malformed('The body ended before its length.'));
    // A body that ended may be closed before its last file is read.
    const onEnd = () => {
      payload.off('close', onClose);
      form.end();
    };

    form.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (settled) return;
      if (Buffer.byteLength(name) > MAX_NAME_BYTES)
        return finish(malformed('A field of the form has too long a name.'));
      if (valueTruncated) return finish(faultAt([name], `must have at most ${MAX_FIELD_BYTES} bytes`));
      const nested = /^input_reference\[(\w{1,50})\]$/.exec(name)?.[1];
      const target = nested === undefined ? body : nestedIn(body);
      const key = nested ?? name;
      if (target === null || Object.hasOwn(target, key)) {
        return finish(faultAt(nested === undefined ? [name] : [FILE_FIELD], 'is given more than once'));
      }
      Object.defineProperty(target, key, { value, enumerable: true, writable: true });
    });
    form.on('file', (name, stream) => {
      files += 1;
      if (name !== FILE_FIELD || Object.hasOwn(body, FILE_FIELD)) {
        stream.resume();
        const problem = name === FILE_FIELD ? 'is given more than once' : 'is an unknown field';
        return finish(faultAt([name.slice(0, MAX_NAME_BYTES)], problem));
      }
      stream.on('data', (chunk: Buffer) => {
        if (settled) return;
        const needed = length + chunk.length;
        if (needed > memory.byteLength) {
          memory.resize(Math.min(limit, Math.max(FIRST_BYTES, 2 * memory.byteLength, needed)));
        }
        chunk.copy(Buffer.from(memory), length);
        length = needed;
      });
      stream.on('end', () => {
        if (settled) return;
        const bytes = Buffer.from(memory, 0, length);
        const type = imageTypeOf(bytes);
        if (type === null) return finish(faultAt([FILE_FIELD], 'must be a PNG, JPEG or WebP image'));
        body[FILE_FIELD] = { image_url: `data:${type};base64,${bytes.toString('base64')}` };
        release();
      });
    });
    form.on('fieldsLimit', () => finish(malformed(`The form has more than ${MAX_FIELDS} fields.`)));
    form.on('filesLimit', () => finish(faultAt([FILE_FIELD], 'is given more than once')));
    form.on('error', (cause: unknown) =>
      finish(malformed('The body is not valid multipart/form-data.', cause)),
    );
    form.on('finish', () => finish());
    payload.on('data', onData).on('end', onEnd).on('close', onClose);
    payload.once('error', (cause) => finish(cause instanceof ClipgateError ? cause : onCut(cause)));
  });
  if (files === 0 && Object.keys(body).length === 0) throw malformed('The form is empty.');
  return body;
}

/** The fields of `input_reference`; null where it is something else already. */
function nestedIn(body: Record<string, unknown>): Record<string, unknown> | null {
  const known = body[FILE_FIELD];
  if (typeof known === 'string') return null;
  const nested = (known ?? {}) as Record<string, unknown>;
  body[FILE_FIELD] = nested;
  return nested;
}

/** By its first bytes: what a client says of a file is often `application/octet-stream`. */
function imageTypeOf(bytes: Buffer): string | null {
  if (bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png';
  if (bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'image/jpeg';
  const isRiff = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
  return isRiff ? 'image/webp' : null;
}

const onCut = (cause: unknown) => malformed('The body ended before its length.', cause);

const malformed = (message: string, cause?: unknown) =>
  new ClipgateError('malformed_body', message, { cause });

const faultAt = (path: readonly string[], message: string) => invalidRequest([toInputError(path, message)]);
