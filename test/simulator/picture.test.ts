// Pixels and bits: sizes agree with the recorded catalog's own lists, and codes with the H.264 standard.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCatalog } from '../../src/simulator/catalog.ts';
import { createBitWriter, nalUnit } from '../../src/simulator/media/bits.ts';
import { nominalSize, parseSize, shapeOf, tokenCanvas } from '../../src/simulator/picture.ts';

const enumerated = readCatalog().models.flatMap((model) =>
  (model.supported_sizes ?? []).map((size) => ({ model, size })),
);

test('every size in the catalog is the one its resolution and aspect ratio name, or a provider’s canvas', () => {
  expect(enumerated.length).toBeGreaterThan(150);
  for (const { model, size } of enumerated) {
    const shape = shapeOf(parseSize(size));
    const resolutions = model.supported_resolutions?.map((one) => one.toLowerCase());
    expect(resolutions, `${model.id} ${size}`).toContain(shape.resolution);
    expect(model.supported_aspect_ratios, `${model.id} ${size}`).toContain(shape.aspectRatio);
    expect([nominalSize(shape), tokenCanvas(shape)], `${model.id} ${size}`).toContainEqual(parseSize(size));
  }
});

test.each([
  ['480p', '1:1', '640x640'],
  ['720p', '4:3', '1112x834'],
  ['720p', '9:21', '630x1470'],
  // Not read off a clip yet: the 720p canvas, scaled.
  ['1080p', '16:9', '1920x1080'],
  ['1080p', '1:1', '1440x1440'],
  ['4k', '16:9', '3840x2160'],
])('tokens of %s %s are counted on %s', (resolution, aspectRatio, size) => {
  expect(tokenCanvas({ resolution, aspectRatio })).toEqual(parseSize(size));
});

test.each([
  [0, '1'],
  [1, '010'],
  [2, '011'],
  [3, '00100'],
  [7, '0001000'],
  [8, '0001001'],
])('ue(%i) is %s', (value, code) => {
  const writer = createBitWriter();
  writer.unsigned(value);
  const written = [...writer.finish()].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  // rbsp_trailing_bits: a one, then zeros.
  expect(written).toBe(`${code}1`.padEnd(written.length, '0'));
});

test('no NAL unit contains a start code, and undoing the escapes gives the payload back', () => {
  const payload = fc.uint8Array({ min: 0, max: 4, maxLength: 200 });
  fc.assert(
    fc.property(payload, (bytes) => {
      const unit = Buffer.from(nalUnit(0x65, bytes));
      for (const code of [0, 1, 2]) expect(unit.includes(Buffer.from([0, 0, code]))).toBe(false);
      const undone = [...unit.subarray(1)].filter(
        (byte, at, all) => !(byte === 3 && at >= 2 && all[at - 1] === 0 && all[at - 2] === 0),
      );
      expect(undone).toEqual([...bytes]);
    }),
  );
});
