// The answer to an accepted submit in an odd wrapping: whole, and yet not what a client expects to read.
import { gzipSync } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { FaultNamed } from './catalogue.ts';

const LARGE_PADDING = 2_000_000;

/** Sends `answer` with status 202 as the fault says. */
export function sendOddly(
  as: FaultNamed<'odd_answer'>['as'],
  answer: object,
  reply: FastifyReply,
): FastifyReply {
  const text = JSON.stringify(answer);
  const json = reply.code(202).type('application/json; charset=utf-8');
  switch (as) {
    case 'gzip':
      return json.header('content-encoding', 'gzip').send(gzipSync(text));
    case 'bom':
      return json.send(`\ufeff${text}`);
    case 'list':
      return json.send(`[${text}]`);
    case 'large':
      return json.send(JSON.stringify({ ...answer, padding: 'x'.repeat(LARGE_PADDING) }));
    case 'then_reset': {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(202, { 'content-type': 'application/json; charset=utf-8' });
      // All of the body is out, and the chunk that would end it never comes.
      raw.write(text, () => raw.socket?.resetAndDestroy());
      return reply;
    }
  }
}
