// The schema of the clip's bytes in the document: zod has no type for binary content.

import { z } from 'zod';

export const BinarySchema = z.string().meta({ id: 'Clip', format: 'binary', description: 'MP4 bytes.' });
