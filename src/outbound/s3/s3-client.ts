// Speaks S3: signs each request, limits it in time, repeats what may be repeated, and says what came of it.

import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { AwsV4Signer } from 'aws4fetch';
import { Agent, type Dispatcher, request } from 'undici';
import { jitter } from '../../core/jitter.ts';
import { createConnector } from '../proxy/connector.ts';
import type { ProxyRules } from '../proxy/proxy-rules.ts';
import type { S3Credentials } from './credentials.ts';

export interface S3Location {
  readonly bucket: string;
  /** Put before every key; empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  /** Of a server that is not Amazon's, without a slash at its end; null = Amazon's of the region. */
  readonly endpoint: string | null;
}

export interface S3Head {
  readonly bytes: number;
  /** Of the object as it was put, in hex; null where the writer did not set it. */
  readonly sha256: string | null;
}

export interface S3Body extends S3Head {
  /** To be read or destroyed. Errors where the connection breaks or stalls. */
  readonly body: Readable;
}

export interface S3Entry {
  /** Without the prefix. */
  readonly key: string;
  readonly bytes: number;
}

/** Every method but `presign` @throws S3Error, or what the connection failed of. Keys are without the prefix. */
export interface S3Client {
  /**
   * Puts a file whose length and SHA-256 (hex) are known; the server refuses other bytes.
   * @param onlyNew leaves an object that is there as it is.
   */
  putFile(
    key: string,
    file: { readonly path: string; readonly bytes: number; readonly sha256: string },
    options: { readonly onlyNew: boolean },
  ): Promise<'stored' | 'exists'>;
  /** Puts a few bytes over what is there, once and without repetition: for health checks. */
  putProbe(key: string, timeoutMs: number): Promise<void>;
  head(key: string): Promise<S3Head | null>;
  /** @param range bytes, both included; null = all. */
  get(key: string, range: { readonly first: number; readonly last: number } | null): Promise<S3Body | null>;
  remove(key: string): Promise<void>;
  /** One page of keys in order, and where the next begins; `after` null = from the first. */
  list(after: string | null): Promise<{ readonly entries: readonly S3Entry[]; readonly next: string | null }>;
  /** A presigned URL: serves the object without credentials until it expires. @param method the only one it allows. */
  presign(
    key: string,
    link: {
      readonly method: 'GET' | 'HEAD';
      readonly expiresS: number;
      readonly contentType: string;
      readonly disposition: string;
    },
  ): Promise<string>;
  close(): Promise<void>;
}

export interface S3ClientParts {
  readonly credentials: () => Promise<S3Credentials>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Absent = every connection is made directly. */
  readonly proxyFor?: ProxyRules;
}

export interface S3Timeouts {
  readonly connectMs: number;
  /** Longest silence, of either side. */
  readonly stallMs: number;
  /** For a whole request that carries no clip. */
  readonly wholeMs: number;
  /** For a whole upload. */
  readonly uploadMs: number;
  /** Base of the wait before a repetition; doubles. */
  readonly retryMs: number;
}

/** Thrown for an answer that is none of those expected. Holds no header, URL or text of the server's. */
export class S3Error extends Error {
  readonly status: number;
  /** The server's error code, such as `SignatureDoesNotMatch`; null where it named none, as for HEAD. */
  readonly code: string | null;
  constructor(method: string, status: number, code: string | null) {
    super(`S3 answered ${status}${code === null ? '' : ` ${code}`} to ${method}`);
    this.name = 'S3Error';
    this.status = status;
    this.code = code;
  }
}

const ATTEMPTS = 3;
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_LIST_BYTES = 8 * 1024 * 1024;
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const TEMPORARY: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const SHA256 = /^[0-9a-f]{64}$/;

interface Sent {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly attempts?: number;
  readonly file?: { readonly path: string; readonly bytes: number; readonly sha256: string };
}

export function createS3Client(parts: S3ClientParts, location: S3Location, timeouts: S3Timeouts): S3Client {
  const agent = new Agent({
    connect: createConnector(parts.proxyFor ?? (() => null), timeouts),
    headersTimeout: timeouts.stallMs,
    bodyTimeout: timeouts.stallMs,
    connections: 64,
  });
  const base = baseUrlOf(location);

  const urlOf = (key: string, query: Readonly<Record<string, string>> = {}): URL => {
    const url = new URL(`${base}/${key}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  };

  async function sign(method: string, url: URL, headers: Record<string, string>, signQuery: boolean) {
    const credentials = await parts.credentials();
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers,
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === null ? {} : { sessionToken: credentials.sessionToken }),
      service: 's3',
      region: location.region,
      datetime: new Date(parts.clock()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      signQuery,
    });
    return signer.sign();
  }

  async function sendOnce(key: string, sent: Sent, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method, file } = sent;
    const payload = file?.sha256 ?? EMPTY_SHA256;
    const url = urlOf(key, sent.query);
    const signed = await sign(method, url, { ...sent.headers, 'x-amz-content-sha256': payload }, false);
    const headers = Object.fromEntries(signed.headers.entries());
    if (!file || file.bytes === 0) {
      return request(url, { dispatcher: agent, method, headers, signal });
    }
    return request(url, {
      dispatcher: agent,
      method,
      headers: { ...headers, 'content-length': String(file.bytes) },
      body: createReadStream(file.path),
      signal,
    });
  }

  /**
   * Sends until an answer is final, and has `read` make something of it. Every method here may be repeated: the same
   * bytes under the same key are the same object. @param read gets every status below 500 that is not temporary.
   */
  async function send<T>(
    key: string,
    sent: Sent,
    read: (response: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const timeout = new AbortController();
      const timer = setTimeout(
        () => timeout.abort(new DOMException('S3 took too long', 'TimeoutError')),
        sent.timeoutMs,
      );
      try {
        const response = await sendOnce(key, sent, timeout.signal);
        if (TEMPORARY.has(response.statusCode)) throw await refusal(sent.method, response);
        return await read(response);
      } catch (error) {
        const isFinal = error instanceof S3Error && !TEMPORARY.has(error.status);
        if (isFinal || attempt >= (sent.attempts ?? ATTEMPTS)) throw error;
      } finally {
        clearTimeout(timer);
      }
      await parts.sleep(jitter(timeouts.retryMs * 2 ** (attempt - 1), parts.random(), 1));
    }
  }

  const whole = { timeoutMs: timeouts.wholeMs };
  const keyOf = (key: string) => `${location.prefix}${key}`;

  return {
    putFile: (key, file, { onlyNew }) =>
      send(
        keyOf(key),
        {
          method: 'PUT',
          headers: {
            'content-type': 'video/mp4',
            'x-amz-meta-sha256': file.sha256,
            ...(onlyNew ? { 'if-none-match': '*' } : {}),
          },
          timeoutMs: timeouts.uploadMs,
          file,
        },
        async (response) => {
          if (response.statusCode === 412 && onlyNew) {
            await discard(response);
            return 'exists';
          }
          if (response.statusCode !== 200) throw await refusal('PUT', response);
          await discard(response);
          return 'stored';
        },
      ),

    putProbe: (key, timeoutMs) =>
      send(keyOf(key), { method: 'PUT', timeoutMs, attempts: 1 }, async (response) => {
        if (response.statusCode !== 200) throw await refusal('PUT', response);
        await discard(response);
      }),

    head: (key) =>
      send(keyOf(key), { method: 'HEAD', ...whole }, async (response) => {
        await discard(response);
        if (response.statusCode === 404) return null;
        if (response.statusCode !== 200) throw new S3Error('HEAD', response.statusCode, null);
        return headOf(response);
      }),

    get: (key, range) =>
      send(
        keyOf(key),
        {
          method: 'GET',
          headers: range ? { range: `bytes=${range.first}-${range.last}` } : {},
          ...whole,
        },
        async (response) => {
          if (response.statusCode === 404) {
            await discard(response);
            return null;
          }
          const isAsked = range
            ? response.statusCode === 206 &&
              String(response.headers['content-range']).startsWith(`bytes ${range.first}-${range.last}/`)
            : response.statusCode === 200;
          if (!isAsked) throw await refusal('GET', response);
          return { ...headOf(response), body: response.body };
        },
      ),

    remove: (key) =>
      send(keyOf(key), { method: 'DELETE', ...whole }, async (response) => {
        if (response.statusCode !== 204 && response.statusCode !== 200 && response.statusCode !== 404) {
          throw await refusal('DELETE', response);
        }
        await discard(response);
      }),

    list: (after) =>
      send(
        '',
        {
          method: 'GET',
          query: {
            'list-type': '2',
            'encoding-type': 'url',
            ...(location.prefix === '' ? {} : { prefix: location.prefix }),
            ...(after === null ? {} : { 'continuation-token': after }),
          },
          ...whole,
        },
        async (response) => {
          if (response.statusCode !== 200) throw await refusal('GET', response);
          return parsePage(await readText(response, MAX_LIST_BYTES), location.prefix);
        },
      ),

    async presign(key, { method, expiresS, contentType, disposition }) {
      const url = urlOf(keyOf(key), {
        'X-Amz-Expires': String(expiresS),
        'response-content-type': contentType,
        // As a query a space would be a plus, which not every server reads as it was signed.
        'response-content-disposition': disposition.replaceAll(' ', ''),
        'response-cache-control': 'private, no-store',
      });
      return (await sign(method, url, {}, true)).url.href;
    },

    close: () => agent.destroy(),
  };
}

/** A bucket with a dot in its name has no certificate of Amazon's, and other servers know buckets in paths at least. */
function baseUrlOf({ bucket, region, endpoint }: S3Location): string {
  if (endpoint !== null) return `${endpoint}/${bucket}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}

function headOf({ headers }: Dispatcher.ResponseData): S3Head {
  const bytes = Number(headers['content-length']);
  if (!Number.isSafeInteger(bytes)) throw new Error('S3 answered without a length');
  const sha256 = String(headers['x-amz-meta-sha256']);
  return { bytes, sha256: SHA256.test(sha256) ? sha256 : null };
}

async function discard(response: Dispatcher.ResponseData): Promise<void> {
  await response.body.dump({ limit: MAX_ERROR_BYTES });
}

/** @throws Error where it is longer than `maxBytes`. */
async function readText(response: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`S3 answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The server's message is left out: it may repeat what was signed. */
async function refusal(method: string, response: Dispatcher.ResponseData): Promise<S3Error> {
  const { statusCode } = response;
  if (statusCode < 300) {
    // A whole object where a part was asked for.
    response.body.on('error', () => undefined).destroy();
    return new S3Error(method, statusCode, null);
  }
  const xml = await readText(response, MAX_ERROR_BYTES).catch(() => '');
  return new S3Error(method, statusCode, /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(xml)?.[1] ?? null);
}

function parsePage(xml: string, prefix: string) {
  const member = (text: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const entries = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].flatMap(([, contents = '']) => {
    const key = decodeURIComponent(member(contents, 'Key') ?? '');
    const bytes = Number(member(contents, 'Size'));
    return key.startsWith(prefix) && Number.isSafeInteger(bytes)
      ? [{ key: key.slice(prefix.length), bytes }]
      : [];
  });
  const isCut = member(xml, 'IsTruncated') === 'true';
  const next = member(xml, 'NextContinuationToken')?.replace(/&amp;/g, '&');
  if (isCut && next === undefined) throw new Error('S3 cut a list of keys and did not say where it goes on');
  return { entries, next: isCut ? (next ?? null) : null };
}
