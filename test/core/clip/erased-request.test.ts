// What is left of a request that was erased: nothing that was to be seen, whatever its fields hold.

import { expect, it } from 'vitest';
import { eraseRequest } from '../../../src/core/clip/erased-request.ts';

it('keeps what the price depends on, and no text of the caller', () => {
  const request = {
    model: 'google/veo-3.1-lite',
    prompt: 'a secret fox',
    duration: 4,
    resolution: '720p',
    aspect_ratio: '16:9',
    size: `a secret fox that is longer than any size could be`,
    generate_audio: true,
    seed: { note: 'a secret fox' },
    frame_images: [{ type: 'image_url', image_url: { url: 'https://secret.example/fox.png' } }],
    provider: { options: { someone: { note: 'a secret fox' } } },
    new_field: 'a secret fox',
  };
  expect(eraseRequest(request)).toEqual({
    model: 'google/veo-3.1-lite',
    duration: 4,
    resolution: '720p',
    aspect_ratio: '16:9',
    generate_audio: true,
  });
});
