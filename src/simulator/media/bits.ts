// Writes H.264 bit strings: fixed-length and Exp-Golomb codes into a growing buffer, and NAL units around them.

export type BitWriter = {
  /** `count` bits, most significant first (u(n) in the standard); at most 24 at a time. */
  bits(count: number, value: number): void;
  /** Unsigned Exp-Golomb, ue(v). */
  unsigned(value: number): void;
  /** Signed Exp-Golomb, se(v). */
  signed(value: number): void;
  /** Zero bits up to the next byte boundary. */
  align(): void;
  /** `count` copies of a byte; the writer must be aligned. */
  fill(count: number, byte: number): void;
  /** Ends the payload with rbsp_trailing_bits and returns it. */
  finish(): Uint8Array;
};

export function createBitWriter(): BitWriter {
  let bytes = new Uint8Array(4096);
  let length = 0;
  let pending = 0;
  let pendingBits = 0;

  function reserve(count: number) {
    if (length + count <= bytes.length) return;
    const larger = new Uint8Array(Math.max(bytes.length * 2, length + count));
    larger.set(bytes.subarray(0, length));
    bytes = larger;
  }

  function bits(count: number, value: number) {
    pending = (pending << count) | (value & ((1 << count) - 1));
    pendingBits += count;
    reserve(4);
    while (pendingBits >= 8) {
      pendingBits -= 8;
      bytes[length++] = (pending >>> pendingBits) & 0xff;
    }
    // Only the bits not yet written are kept, so the shift above never overflows.
    pending &= (1 << pendingBits) - 1;
  }

  function unsigned(value: number) {
    const width = 32 - Math.clz32(value + 1);
    bits(width - 1, 0);
    bits(width, value + 1);
  }

  function align() {
    if (pendingBits > 0) bits(8 - pendingBits, 0);
  }

  return {
    bits,
    unsigned,
    signed: (value) => unsigned(value > 0 ? 2 * value - 1 : -2 * value),
    align,
    fill(count, byte) {
      reserve(count);
      bytes.fill(byte, length, length + count);
      length += count;
    },
    finish() {
      bits(1, 1);
      align();
      return bytes.subarray(0, length);
    },
  };
}

/**
 * Wraps a payload as a NAL unit. A byte 3 is put in wherever two zeros are followed by a byte of 3 or less, so
 * that no start code can appear inside (H.264, 7.4.1).
 */
export function nalUnit(header: number, payload: Uint8Array): Uint8Array {
  const unit = new Uint8Array(1 + payload.length + Math.floor(payload.length / 2));
  unit[0] = header;
  let length = 1;
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      unit[length++] = 3;
      zeros = 0;
    }
    unit[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return unit.slice(0, length);
}
