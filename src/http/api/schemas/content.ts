// Bytes, for the document: OpenAPI has no zod type for a video.

import { z } from 'zod';

export const BinarySchema = z.string().meta({ id: 'Video', format: 'binary', description: 'MP4 bytes.' });
