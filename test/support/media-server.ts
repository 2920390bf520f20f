// An HTTPS host of pictures and their like on loopback, with every way such a host can misbehave.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificate } from './certificate.ts';

export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
export const JPEG = Buffer.from('ffd8ffe000104a46494600010100', 'hex');
export const MP4 = Buffer.from('000000186674797069736f6d0000020069736f6d', 'hex');
export const MP3 = Buffer.from('49443304000000000000', 'hex');

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface MediaServer {
  readonly port: number;
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** Its certificate: to be trusted. */
  readonly cert: string;
  /** `METHOD /path` of every request, in order. */
  readonly requests: string[];
  /** The highest number of requests that were open together. */
  readonly mostAtOnce: () => number;
  close(): Promise<void>;
}

/** Answers with a file; ranges are heeded. */
export const file =
  (contentType: string | null, body: Buffer): Answer =>
  (request, response) => {
    const ranged = request.headers.range !== undefined;
    response.writeHead(ranged ? 206 : 200, {
      ...(contentType === null ? {} : { 'content-type': contentType }),
      'content-length': body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, headers).end();
  };

/** Answers with the part of a file that is asked for, as servers of videos do. */
export const ranged =
  (contentType: string, body: Buffer): Answer =>
  (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (request.method === 'HEAD' || from === undefined) return file(contentType, body)(request, response);
    const part = body.subarray(Number(from), Number(to) + 1);
    response.writeHead(206, {
      'content-type': contentType,
      'content-length': part.length,
      'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${body.length}`,
    });
    response.end(part);
  };

/** @param answers by path, queries aside; a path without one is a 404. */
export async function startMediaServer(answers: Readonly<Record<string, Answer>>): Promise<MediaServer> {
  const certificate = createCertificate(['127.0.0.1']);
  const requests: string[] = [];
  let [open, most] = [0, 0];
  const server = createServer(certificate, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    open++;
    most = Math.max(most, open);
    response.on('close', () => {
      open--;
    });
    (answers[request.url?.split('?')[0] ?? ''] ?? status(404))(request, response);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    cert: certificate.cert,
    requests,
    mostAtOnce: () => most,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
