// What a video file is, read from the file itself.

import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';

export interface ClipFacts {
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
  readonly codec: string;
  readonly hasSound: boolean;
}

/** @throws where the file is not a video that can be read. */
export async function readClipFacts(path: string): Promise<ClipFacts> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  try {
    const video = await input.getPrimaryVideoTrack();
    if (!video) throw new Error(`${path} has no picture`);
    return {
      width: await video.getDisplayWidth(),
      height: await video.getDisplayHeight(),
      durationS: await input.computeDuration(),
      codec: (await video.getCodec()) ?? 'unknown',
      hasSound: (await input.getPrimaryAudioTrack()) !== null,
    };
  } finally {
    input.dispose();
  }
}
