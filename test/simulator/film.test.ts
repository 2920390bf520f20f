// The films: read by an independent MP4 parser, they have the size, length and frame rate that was asked for.
import { createHash } from 'node:crypto';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import { makeFilm } from '../../src/simulator/media/film.ts';

const shapes = [
  [854, 480, 1],
  [480, 854, 2],
  [864, 496, 4],
  [640, 640, 4],
  [1112, 834, 5],
  [1280, 720, 8],
  [720, 1280, 4],
  [1470, 630, 6],
  [1920, 1080, 10],
  [2560, 1440, 5],
  [3840, 2160, 8],
  [2160, 3840, 30],
  [5040, 2160, 4],
  [16, 16, 1],
] as const;

test.each(shapes)('%i x %i for %i s', async (width, height, durationSeconds) => {
  const film = makeFilm({ width, height, durationSeconds, palette: 1 });
  const input = new Input({ source: new BufferSource(film), formats: ALL_FORMATS });
  const track = (await input.getPrimaryVideoTrack())!;
  expect(await track.getDisplayWidth()).toBe(width);
  expect(await track.getDisplayHeight()).toBe(height);
  expect(await track.getCodec()).toBe('avc');
  expect(await input.computeDuration()).toBe(durationSeconds);
  const stats = await track.computePacketStats();
  expect(stats.packetCount).toBe(24 * durationSeconds);
  expect(stats.averagePacketRate).toBe(24);
  const sink = new EncodedPacketSink(track);
  expect((await sink.getFirstPacket())?.type).toBe('key');
});

test('the bytes are the ones that ffmpeg and ffprobe decode without a warning', () => {
  const film = makeFilm({ width: 854, height: 480, durationSeconds: 3, palette: 1, openingPalette: 2 });
  // When the encoder changes on purpose, decode the new film with ffmpeg -xerror before changing this.
  expect(createHash('sha256').update(film).digest('hex')).toBe(
    'efb73c2570efecdfd9d50abc1014819be12fac5a70b2a0cada309782ab5c7321',
  );
});

test('the same film twice is the same bytes, another palette is not', () => {
  const film = { width: 320, height: 180, durationSeconds: 4, palette: 1 };
  expect(makeFilm(film).equals(makeFilm(film))).toBe(true);
  expect(makeFilm({ ...film, palette: 2 }).equals(makeFilm(film))).toBe(false);
});

test('a first frame colours the opening and nothing after it', async () => {
  const film = { width: 320, height: 180, durationSeconds: 4, palette: 1 };
  const keyFrames = async (bytes: Buffer) => {
    const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
    const sink = new EncodedPacketSink((await input.getPrimaryVideoTrack())!);
    const opening = await sink.getFirstPacket();
    const later = await sink.getNextKeyPacket(opening!);
    return [Buffer.from(opening!.data), Buffer.from(later!.data)] as const;
  };
  const [opening, later] = await keyFrames(makeFilm(film));
  const [hinted, unchanged] = await keyFrames(makeFilm({ ...film, openingPalette: 9 }));
  expect(hinted.equals(opening)).toBe(false);
  expect(unchanged.equals(later)).toBe(true);
});

test('a picture that no decoder level holds is refused', () => {
  expect(() => makeFilm({ width: 20_000, height: 20_000, durationSeconds: 1, palette: 1 })).toThrow(
    RangeError,
  );
});
