// A file of a given size that passes for an MP4: boxes that tile it, and nothing anybody would want to watch.

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

const box = (type: string, body: Buffer): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(body.length + 8, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, body]);
};

/** Random bytes, so that nothing on the way can make them fewer. */
export async function writeClip(file: string, bytes: number): Promise<void> {
  const head = Buffer.concat([
    box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1')),
    box('moov', Buffer.alloc(0)),
  ]);
  await writeFile(file, Buffer.concat([head, box('mdat', randomBytes(bytes - head.length - 8))]));
}
