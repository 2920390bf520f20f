// The pictures, sounds and videos a clip spec points to.

import type { ClipSpec } from './clip-spec.ts';

type Reference = NonNullable<ClipSpec['input_references']>[number];

export type MediaKind = 'image' | 'audio' | 'video';

/** One URL of a spec. */
export interface MediaLink {
  /** JSON pointer (RFC 6901) into the body. */
  readonly pointer: string;
  readonly kind: MediaKind;
  readonly url: string;
}

/** Every URL of a spec that must lead to media, in its order. */
export function listMediaLinks(spec: ClipSpec): MediaLink[] {
  const frames = (spec.frame_images ?? []).map(({ image_url }, index) => ({
    pointer: `/frame_images/${index}/image_url/url`,
    kind: 'image' as const,
    url: image_url.url,
  }));
  const references = (spec.input_references ?? []).map((reference, index) => ({
    pointer: `/input_references/${index}/${reference.type}/url`,
    ...targetOf(reference),
  }));
  return [...frames, ...references];
}

function targetOf(reference: Reference): Pick<MediaLink, 'kind' | 'url'> {
  switch (reference.type) {
    case 'image_url':
      return { kind: 'image', url: reference.image_url.url };
    case 'audio_url':
      return { kind: 'audio', url: reference.audio_url.url };
    case 'video_url':
      return { kind: 'video', url: reference.video_url.url };
  }
}
