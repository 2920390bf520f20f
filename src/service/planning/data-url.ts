// Parses data: URLs, as strictly as the strictest provider that receives them.

export type DataUrl =
  | {
      readonly kind: 'read';
      readonly contentType: string;
      /** Its first bytes. */
      readonly head: Uint8Array;
      /** Of all it holds. */
      readonly bytes: number;
    }
  | { readonly kind: 'faulty'; readonly fault: string };

// A multiple of four, so that it decodes by itself.
const HEAD_CHARACTERS = 128;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads a `data:` URL (RFC 2397) strictly: base64 with its padding, without line breaks or percent signs. Other
 * decoders are more lenient, but not all of those it will meet.
 */
export function readDataUrl(url: string): DataUrl {
  const comma = url.indexOf(',');
  const [contentType = '', ...parameters] = url.slice('data:'.length, comma < 0 ? 0 : comma).split(';');
  if (comma < 0 || parameters.at(-1)?.toLowerCase() !== 'base64') {
    return { kind: 'faulty', fault: 'is not data:<type>;base64,<data>' };
  }
  const data = url.slice(comma + 1);
  if (data.length % 4 !== 0 || !BASE64.test(data)) return { kind: 'faulty', fault: 'is not valid base64' };
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return {
    kind: 'read',
    contentType,
    head: Buffer.from(data.slice(0, HEAD_CHARACTERS), 'base64'),
    bytes: (data.length / 4) * 3 - padding,
  };
}
