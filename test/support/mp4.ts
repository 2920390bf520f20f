// The smallest thing that is a whole MP4 by its boxes, padded to a size.

function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.length + 8);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}

/** @param bytes of media data; its content depends on `seed`. */
export function createMp4(bytes: number, seed = 1): Buffer {
  const media = Buffer.alloc(bytes, String.fromCharCode(64 + seed));
  return Buffer.concat([box('ftyp', Buffer.from('isom')), box('moov', Buffer.alloc(16)), box('mdat', media)]);
}
