// Requests the beginning of a client's media URL: its content type, its first bytes, and the length of a video.

import { type Dispatcher, request } from 'undici';
import { isMatroska, readLength } from './media-length.ts';
import { type NetworkFailure, nameFailure } from './network-failure.ts';

/** Why nothing could be read. */
export type Unreachable = NetworkFailure | 'insecure_redirect' | 'too_many_redirects';

type Probed =
  | {
      readonly kind: 'read';
      readonly contentType: string | null;
      /** The first bytes; null where the content type alone settles it and none were fetched. */
      readonly head: Uint8Array | null;
      /** How long the video is, by its header; null where that is unknown or was not asked for. */
      readonly seconds: number | null;
    }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly why: Unreachable };

export interface MediaProbe {
  /**
   * Asks HEAD, then GET for the first bytes. Never throws.
   * @param url https: only. @param signal for the whole probe.
   * @param isPromising whether the bytes of such a content type are worth fetching.
   * @param measures whether to find out how long a video is.
   */
  probe(
    url: string,
    isPromising: (contentType: string) => boolean,
    signal: AbortSignal,
    measures?: boolean,
  ): Promise<Probed>;
}

/** Enough to recognise every format, including what may precede its signature; and for the header that says a length. */
const HEAD_BYTES = 4_096;
// The header stands before the media or after them, and small boxes may stand around it.
const MAX_PARTS = 4;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Ends a probe from within; carries what it came to. */
class ProbeEnd extends Error {
  readonly why: Unreachable;
  constructor(why: Unreachable) {
    super(why);
    this.why = why;
  }
}

/** @param agent guards every connection, those after redirects included; see `createGuardedAgent`. */
export function createMediaProbe(agent: Dispatcher): MediaProbe {
  /** The answer behind all redirects. @throws ProbeEnd; whatever undici throws. */
  async function ask(method: 'HEAD' | 'GET', url: string, signal: AbortSignal, from = 0) {
    let target = new URL(url);
    for (let hops = 0; ; hops++) {
      const response = await request(target, {
        dispatcher: agent,
        method,
        signal,
        headers: {
          'user-agent': 'clipgate',
          accept: '*/*',
          // The marks of a format are in the bytes themselves, not in their compressed form.
          'accept-encoding': 'identity',
          ...(method === 'GET' ? { range: `bytes=${from}-${from + HEAD_BYTES - 1}` } : {}),
        },
      });
      // An aborted body emits an error, and has no reader any more.
      response.body.on('error', () => undefined);
      const location = first(response.headers['location']);
      if (!REDIRECTS.has(response.statusCode) || location === undefined) return response;
      response.body.destroy();
      if (hops === MAX_REDIRECTS) throw new ProbeEnd('too_many_redirects');
      if (!URL.canParse(location, target.href)) throw new ProbeEnd('broken');
      target = new URL(location, target);
      if (target.protocol !== 'https:') throw new ProbeEnd('insecure_redirect');
    }
  }

  /** What HEAD alone settles: a wrong type said plainly. Many servers answer HEAD badly, so all else is for GET. */
  async function readType(url: string, signal: AbortSignal): Promise<string | null> {
    const response = await ask('HEAD', url, signal).catch((thrown: unknown) => {
      if (nameEnd(thrown) === 'broken') return null;
      throw thrown;
    });
    response?.body.destroy();
    return response && isSuccess(response.statusCode)
      ? (first(response.headers['content-type']) ?? null)
      : null;
  }

  /** The bytes of a file from `at` on; none where the server does not send a part of it. */
  async function readPart(url: string, at: number, signal: AbortSignal): Promise<Uint8Array> {
    const { statusCode, headers, body } = await ask('GET', url, signal, at);
    const isPart = statusCode === 206 && first(headers['content-range'])?.startsWith(`bytes ${at}-`);
    if (isPart) return readHead(body);
    body.destroy();
    return new Uint8Array();
  }

  /** Seconds of the video that begins so; null where its header says none, or is not found within a few parts. */
  async function measure(url: string, head: Uint8Array, signal: AbortSignal): Promise<number | null> {
    const container = isMatroska(head);
    let part = { at: 0, bytes: head };
    for (let parts = 1; ; parts++) {
      const reading = readLength(part, container);
      if (reading.kind === 'length') return reading.seconds;
      // A part that is shorter than was asked for is the end of the file.
      const isOver = part.bytes.length < HEAD_BYTES || parts === MAX_PARTS;
      if (reading.kind === 'unknown' || isOver) return null;
      part = { at: reading.at, bytes: await readPart(url, reading.at, signal) };
    }
  }

  return {
    async probe(url, isPromising, signal, measures = false) {
      try {
        const announced = await readType(url, signal);
        if (announced !== null && !isPromising(announced)) {
          return { kind: 'read', contentType: announced, head: null, seconds: null };
        }
        const { statusCode, headers, body } = await ask('GET', url, signal);
        // 416: there are no first bytes, so it is there and it is empty.
        const empty = statusCode === 416;
        if (!empty && !isSuccess(statusCode)) {
          body.destroy();
          return { kind: 'status', status: statusCode };
        }
        const contentType = first(headers['content-type']) ?? announced;
        if (empty) {
          body.destroy();
          return { kind: 'read', contentType: announced, head: new Uint8Array(), seconds: null };
        }
        const head = await readHead(body);
        // What goes wrong now is no fault of the media: they are there, and their length is unknown.
        const seconds = measures ? await measure(url, head, signal).catch(() => null) : null;
        return { kind: 'read', contentType, head, seconds };
      } catch (thrown) {
        return { kind: 'unreachable', why: nameEnd(thrown) };
      }
    },
  };
}

const isSuccess = (status: number) => status === 200 || status === 206;

const first = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header);

/** The first bytes of a body, whether or not the server heeded the range; the rest is never read. */
async function readHead(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= HEAD_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

const nameEnd = (thrown: unknown): Unreachable =>
  thrown instanceof ProbeEnd ? thrown.why : nameFailure(thrown);
