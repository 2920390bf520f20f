// The schema of the body of `POST /videos`: open enums, unknown fields ignored, as on the live service.
import { z } from 'zod';
import { ApiError } from './api-error.ts';

const UrlHolderSchema = z.object({ url: z.string() });

const FrameImageSchema = z.object({
  type: z.literal('image_url'),
  image_url: UrlHolderSchema,
  frame_type: z.string(),
});

const InputReferenceSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('image_url'), image_url: UrlHolderSchema }),
  z.object({ type: z.literal('video_url'), video_url: UrlHolderSchema }),
  z.object({ type: z.literal('audio_url'), audio_url: UrlHolderSchema }),
]);

const VideoRequestSchema = z.object({
  model: z.string().min(1),
  prompt: z.string().optional(),
  duration: z.int().min(1).optional(),
  resolution: z.string().optional(),
  aspect_ratio: z.string().optional(),
  size: z
    .string()
    .regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/, 'must be WIDTHxHEIGHT')
    .optional(),
  frame_images: z.array(FrameImageSchema).optional(),
  input_references: z.array(InputReferenceSchema).optional(),
  generate_audio: z.boolean().optional(),
  seed: z.int().optional(),
  callback_url: z.url().optional(),
  provider: z
    .object({ options: z.record(z.string(), z.record(z.string(), z.unknown())).optional() })
    .optional(),
  previous_job_id: z.string().min(1).optional(),
  session_id: z.string().max(256).optional(),
  user: z.string().optional(),
  trace: z.record(z.string(), z.unknown()).optional(),
  upscale_factor: z.number().positive().optional(),
  creativity: z.int().optional(),
});

export type VideoRequest = z.infer<typeof VideoRequestSchema>;
export type InputReference = z.infer<typeof InputReferenceSchema>;

/** Reads a submit's body. @throws ApiError 400 naming every field whose type is wrong. */
export function parseVideoRequest(body: unknown): VideoRequest {
  const parsed = VideoRequestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const where = issue.path.join('.');
    return where === '' ? issue.message : `${where}: ${issue.message}`;
  });
  throw new ApiError(400, `Invalid request parameters: ${problems.join('; ')}`);
}

/** The URL an input reference carries, whatever its kind. */
export function referenceUrl(reference: InputReference): string {
  switch (reference.type) {
    case 'image_url':
      return reference.image_url.url;
    case 'video_url':
      return reference.video_url.url;
    case 'audio_url':
      return reference.audio_url.url;
  }
}
