import { expect, it } from 'vitest';
import type { Job } from '../../../src/core/job/job.ts';
import { renderVideo } from '../../../src/http/openai/render.ts';

const JOB = {
  id: 'job_1',
  status: 'pending',
  model: 'google/veo-3.1-lite',
  request: { model: 'google/veo-3.1-lite', prompt: 'x', duration: 4, size: '1280x720' },
  createdAt: 0,
  fallback: null,
  expectedMs: 1000,
  actualMicroUsd: null,
  estimatedMicroUsd: null,
} as unknown as Job;

const warnings = [
  { code: 'not_sent', field: 'duration', message: 'not sent: x' },
  { code: 'ignored_by_upstream', field: 'frame_images.0.image_url', message: 'y' },
  { code: 'not_sent', field: 'seed', message: 'z' },
] as const;

it('shows the warnings of an order under the names that its fields have here', () => {
  const { metadata } = renderVideo(JOB, 0, { adjusted: null, warnings });
  expect(metadata).toMatchObject({
    warnings: [{ field: 'seconds', message: 'not sent: x' }, { field: 'input_reference' }, { field: 'seed' }],
  });
});

it('has no such member where there is nothing to say', () => {
  for (const notes of [null, { adjusted: null, warnings: null }, { adjusted: null, warnings: [] }])
    expect(Object.keys(renderVideo(JOB, 0, notes).metadata).sort()).toEqual([
      'cost_usd',
      'estimated_usd',
      'status',
    ]);
});
