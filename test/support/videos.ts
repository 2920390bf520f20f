// The same film in every container and layout that clients send, written by a library that is not ours.

import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
} from 'mediabunny';
import { makeFilm } from '../../src/simulator/media/film.ts';

export const LAYOUTS: Readonly<Record<string, OutputFormat>> = {
  'MP4, header first': new Mp4OutputFormat({ fastStart: 'in-memory' }),
  'MP4, header last': new Mp4OutputFormat({ fastStart: false }),
  QuickTime: new MovOutputFormat({ fastStart: false }),
  Matroska: new MkvOutputFormat(),
};

/** As a live encoder writes it: in fragments, whose number the header does not know. */
export const FRAGMENTED = new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 1 });

/** A film of so many seconds, in whole frames of a 24th. */
export async function createVideo(format: OutputFormat, seconds: number): Promise<Buffer> {
  const film = makeFilm({ width: 320, height: 192, durationSeconds: seconds, palette: 1 });
  const input = new Input({ source: new BufferSource(film), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  const decoderConfig = await track?.getDecoderConfig();
  if (!track || !decoderConfig) throw new Error('the film has no video track');
  const source = new EncodedVideoPacketSource('avc');
  const target = new BufferTarget();
  const output = new Output({ format, target });
  output.addVideoTrack(source);
  await output.start();
  for await (const packet of new EncodedPacketSink(track).packets()) {
    await source.add(packet, { decoderConfig });
  }
  await output.finalize();
  return Buffer.from(target.buffer ?? new ArrayBuffer(0));
}
