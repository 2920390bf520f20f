// Whose fault a failure is, by the words of providers.

import { describe, expect, it } from 'vitest';
import { isContentRefusal } from '../../../src/core/learning/content-refusal.ts';

describe('a failure', () => {
  it.each([
    'Content policy violation',
    'Your request was rejected by our moderation system',
    'The output was flagged as sensitive',
    'Input image flagged by safety filter',
    'Prompt violates our usage policies',
    'NSFW content detected',
    'invalid image: could not be decoded; unsupported image',
    'Failed to download the reference video from the URL',
  ])('is the content’s: %s', (message) => {
    expect(isContentRefusal(message)).toBe(true);
  });

  it.each([
    'Provider error',
    'Internal server error',
    'Job exceeded maximum time to live',
    'Video generation failed',
    'GPU out of memory',
    'upstream_failed',
    'no reason given',
  ])('is the model’s: %s', (message) => {
    expect(isContentRefusal(message)).toBe(false);
  });
});
