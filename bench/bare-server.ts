// The yardstick: what Fastify, or node itself, does when all it has to do is answer with as many bytes.
// Arguments: `text` or `json` or `stream` or `proxy`; a file or URL to answer with; a log level.

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, get, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { pipeline } from 'node:stream';
import Fastify, { LogController } from 'fastify';
import { pino } from 'pino';

const [kind = '', source = '', level = 'silent', chunkBytes = '65536'] = process.argv.slice(2);

/** A route that is given its body and sends it. Logging, where on, is the one line a request that the gateway writes. */
async function listenFastify(): Promise<number> {
  const app = Fastify({
    loggerInstance: pino({ level }),
    logController: new LogController({ disableRequestLogging: true }),
  });
  if (level !== 'silent') {
    app.addHook('onResponse', async (request, reply) => {
      const { method, url } = request;
      request.log.info({ method, url, status: reply.statusCode, ms: reply.elapsedTime }, 'request');
    });
  }
  const body = await readFile(source, 'utf8');
  const type = 'application/json; charset=utf-8';
  if (kind === 'text') app.get('/*', async (_, reply) => reply.type(type).send(body));
  // Parsed by Fastify on the way in, serialised by it on the way out.
  else {
    const answer: unknown = JSON.parse(body);
    app.post('/*', async () => answer);
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

const streamFile: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'video/mp4' });
  pipeline(createReadStream(source, { highWaterMark: Number(chunkBytes) }), response, () => undefined);
};

const proxyUrl: RequestListener = (_, response) => {
  get(source, (answer) => {
    response.writeHead(200, { 'content-type': 'video/mp4' });
    pipeline(answer, response, () => undefined);
  });
};

async function listenNode(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const port =
  kind === 'stream'
    ? await listenNode(streamFile)
    : kind === 'proxy'
      ? await listenNode(proxyUrl)
      : await listenFastify();
process.send?.({ port });
process.on('disconnect', () => process.exit(0));
