// A small, strict S3: verifies every signature (SigV4, header and presigned), hash, length and condition, as AWS does.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface S3Object {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
  /** Headers `x-amz-meta-*`, as they came. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface S3Request {
  readonly method: string;
  readonly key: string;
  readonly status: number;
}

/** What befalls the next matching requests, in order; `answer` runs in place of the server's own. */
export interface S3Fault {
  readonly method: string;
  /** How often; then the fault is over. */
  times: number;
  /** Before anything is stored or read. True = answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
}

export interface S3Server {
  readonly origin: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly objects: Map<string, S3Object>;
  readonly requests: S3Request[];
  readonly faults: S3Fault[];
  close(): Promise<void>;
}

const REGION = 'eu-test-1';
const ACCESS_KEY = 'AKIDTEST';
const SECRET_KEY = 'not-a-secret/of+anybody';
const BUCKET = 'clips';
/** Keys on one page of a list. Amazon's has 1,000. */
const PAGE = 2;
const MAX_SKEW_MS = 15 * 60_000;

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** RFC 3986, as SigV4 asks: everything but unreserved characters, hex in upper case. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export async function startS3Server(clock: () => number = Date.now): Promise<S3Server> {
  const objects = new Map<string, S3Object>();
  const requests: S3Request[] = [];
  const faults: S3Fault[] = [];

  /** @throws S3Error unless the request is signed with our key, for now, over all that it says. */
  function verify(request: IncomingMessage, url: URL): { payloadHash: string } {
    const presigned = url.searchParams.has('X-Amz-Signature');
    const scopeOf = (credential: string) => {
      const [id = '', ...scope] = credential.split('/');
      if (id !== ACCESS_KEY) throw new S3Error(403, 'InvalidAccessKeyId');
      return scope;
    };
    let signature: string;
    let signedHeaders: string[];
    let scope: string[];
    let time: string;
    let payloadHash: string;
    if (presigned) {
      const query = (name: string) => url.searchParams.get(name) ?? '';
      signature = query('X-Amz-Signature');
      signedHeaders = query('X-Amz-SignedHeaders').split(';');
      scope = scopeOf(query('X-Amz-Credential'));
      time = query('X-Amz-Date');
      payloadHash = 'UNSIGNED-PAYLOAD';
      if (toTime(time) + Number(query('X-Amz-Expires')) * 1000 < clock())
        throw new S3Error(403, 'AccessDenied', 'Request has expired');
    } else {
      const match =
        /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
          request.headers.authorization ?? '',
        );
      if (!match) throw new S3Error(403, 'AccessDenied');
      scope = scopeOf(match[1]!);
      signedHeaders = match[2]!.split(';');
      signature = match[3]!;
      time = String(request.headers['x-amz-date']);
      payloadHash = String(request.headers['x-amz-content-sha256'] ?? '');
      if (Math.abs(toTime(time) - clock()) > MAX_SKEW_MS) throw new S3Error(403, 'RequestTimeTooSkewed');
      for (const name of Object.keys(request.headers)) {
        if ((name === 'host' || name.startsWith('x-amz-')) && !signedHeaders.includes(name))
          throw new S3Error(
            403,
            'AccessDenied',
            `There were headers present in the request which were not signed: ${name}`,
          );
      }
    }
    const [date = '', region = '', service = '', end = ''] = scope;
    if (region !== REGION) throw new S3Error(400, 'AuthorizationHeaderMalformed', `expecting '${REGION}'`);
    if (service !== 's3' || end !== 'aws4_request' || !time.startsWith(date))
      throw new S3Error(403, 'SignatureDoesNotMatch');
    const query = [...url.searchParams]
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&');
    const path = url.pathname
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/');
    const headers = signedHeaders
      .map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`)
      .join('');
    const canonical = [request.method, path, query, headers, signedHeaders.join(';'), payloadHash].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n');
    const key = hmac(hmac(hmac(hmac(`AWS4${SECRET_KEY}`, date), region), service), 'aws4_request');
    const expected = hmac(key, toSign).toString('hex');
    if (signature.length !== 64 || !timingSafeEqual(Buffer.from(signature), Buffer.from(expected)))
      throw new S3Error(403, 'SignatureDoesNotMatch');
    return { payloadHash };
  }

  async function put(request: IncomingMessage, key: string, payloadHash: string, response: ServerResponse) {
    if (request.headers['content-length'] === undefined) throw new S3Error(411, 'MissingContentLength');
    if (!/^[0-9a-f]{64}$/.test(payloadHash))
      throw new S3Error(400, 'XAmzContentSHA256Mismatch', 'this server takes no unsigned payload');
    const body = await buffer(request);
    if (body.length !== Number(request.headers['content-length'])) throw new S3Error(400, 'IncompleteBody');
    if (sha256(body) !== payloadHash) throw new S3Error(400, 'XAmzContentSHA256Mismatch');
    if (request.headers['if-none-match'] === '*' && objects.has(key))
      throw new S3Error(412, 'PreconditionFailed');
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const metadata = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
      ),
    );
    const contentType = request.headers['content-type'] ?? 'binary/octet-stream';
    objects.set(key, { body, etag, contentType, metadata });
    response.writeHead(200, { etag }).end();
  }

  function get(request: IncomingMessage, key: string, response: ServerResponse) {
    const object = objects.get(key);
    if (!object) throw new S3Error(404, 'NoSuchKey');
    const { body, contentType, etag, metadata } = object;
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    const base = { 'content-type': contentType, etag, 'accept-ranges': 'bytes', ...metadata };
    const send = (status: number, headers: object, part: Buffer) => {
      response.writeHead(status, { ...base, ...headers, 'content-length': part.length });
      response.end(request.method === 'HEAD' ? undefined : part);
    };
    if (!range || (range[1] === '' && range[2] === '')) return send(200, {}, body);
    const first = range[1] === '' ? Math.max(0, body.length - Number(range[2])) : Number(range[1]);
    const last =
      range[1] === '' || range[2] === '' ? body.length - 1 : Math.min(Number(range[2]), body.length - 1);
    if (first >= body.length || first > last) throw new S3Error(416, 'InvalidRange');
    send(206, { 'content-range': `bytes ${first}-${last}/${body.length}` }, body.subarray(first, last + 1));
  }

  function list(url: URL, response: ServerResponse) {
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = url.searchParams.get('continuation-token') ?? '';
    const left = [...objects]
      .filter(([key]) => key.startsWith(prefix) && key > after)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const found = left.slice(0, PAGE);
    const isCut = left.length > PAGE;
    const next = isCut ? `<NextContinuationToken>${found.at(-1)?.[0]}</NextContinuationToken>` : '';
    const contents = found
      .map(([key, { body }]) => `<Contents><Key>${key}</Key><Size>${body.length}</Size></Contents>`)
      .join('');
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${next}${contents}</ListBucketResult>`,
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucket = '', ...rest] = url.pathname.split('/');
    const key = rest.map(decodeURIComponent).join('/');
    response.once('close', () =>
      requests.push({ method: request.method ?? '', key, status: response.statusCode }),
    );
    const fault = faults.find((candidate) => candidate.method === request.method && candidate.times > 0);
    if (fault) {
      fault.times -= 1;
      if (fault.answer(request, response)) return;
    }
    try {
      const { payloadHash } = verify(request, url);
      if (bucket !== BUCKET) throw new S3Error(404, 'NoSuchBucket');
      if (request.method === 'PUT') await put(request, key, payloadHash, response);
      else if (request.method === 'DELETE') {
        objects.delete(key);
        response.writeHead(204).end();
      } else if (request.method === 'GET' && key === '') list(url, response);
      else if (request.method === 'HEAD' && key === '') response.writeHead(200).end();
      else if (request.method === 'GET' || request.method === 'HEAD') get(request, key, response);
      else throw new S3Error(405, 'MethodNotAllowed');
    } catch (error) {
      const { status, code, message } = error instanceof S3Error ? error : new S3Error(500, 'InternalError');
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(
        request.method === 'HEAD'
          ? undefined
          : `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
      );
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    bucket: BUCKET,
    accessKeyId: ACCESS_KEY,
    secretAccessKey: SECRET_KEY,
    region: REGION,
    objects,
    requests,
    faults,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** `20261128T120000Z` in epoch milliseconds. */
const toTime = (basic: string): number =>
  Date.parse(basic.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
