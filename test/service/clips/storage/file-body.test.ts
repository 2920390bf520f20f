// A file's bytes through one buffer: all of them and no others, whatever the reader does.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendFileBody } from '../../../../src/service/clips/storage/file-body.ts';

const bytes = randomBytes(3_000_000);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgate-body-'));
  await writeFile(join(folder, 'clip'), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

interface Sent {
  readonly server: Server;
  readonly file: FileHandle;
  readonly answer: IncomingMessage;
  /** Settles as `sendFileBody` does. */
  readonly sending: Promise<void>;
}

async function send(first: number, last: number): Promise<Sent> {
  const file = await open(join(folder, 'clip'));
  const server = createServer();
  const sending = once(server, 'request').then(async ([, response]) => {
    response.writeHead(200, { 'content-length': last - first + 1 });
    await sendFileBody(file, first, last, response);
  });
  sending.catch(() => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const [answer] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response');
  return { server, file, answer, sending };
}

describe('sendFileBody', () => {
  it.each([
    [0, bytes.length - 1],
    [0, 0],
    [524_287, 1_048_576],
    [2_999_999, 2_999_999],
  ])('sends bytes %i to %i', async (first, last) => {
    const { server, file, answer, sending } = await send(first, last);
    expect((await buffer(answer)).equals(bytes.subarray(first, last + 1))).toBe(true);
    await sending;
    expect(file.fd).toBe(-1);
    server.close();
  });

  it('sends a slow reader the same bytes', async () => {
    const { server, answer } = await send(0, bytes.length - 1);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) {
      chunks.push(chunk);
      await new Promise(setImmediate);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    server.close();
  });

  it('closes the file when the reader leaves in the middle', async () => {
    const { server, file, answer, sending } = await send(0, bytes.length - 1);
    await once(answer, 'readable');
    answer.destroy();
    await sending;
    expect(file.fd).toBe(-1);
    server.close();
  });

  it('cuts the answer and throws where the file ends too early', async () => {
    const { server, file, answer, sending } = await send(0, bytes.length + 10);
    await expect(buffer(answer)).rejects.toThrow('aborted');
    await expect(sending).rejects.toThrow('became shorter');
    expect(file.fd).toBe(-1);
    server.close();
  });
});
