// What OpenAI's Videos API has and no model here does: refused with words, before a body is read.

import { ClipgateError } from '../../../core/errors.ts';
import type { App } from '../../server/context.ts';
import { openAiErrors } from '../schemas.ts';

const NOT_SERVED = [
  ['/videos/:id/remix', 'remixVideo', 'Remixing a video'],
  ['/videos/edits', 'editVideo', 'Editing a video'],
  ['/videos/extensions', 'extendVideo', 'Extending a video'],
  ['/videos/characters', 'createVideoCharacter', 'Making a character'],
] as const;

export async function notServedRoutes(app: App): Promise<void> {
  for (const [url, operationId, what] of NOT_SERVED) {
    app.post(
      url,
      {
        schema: {
          operationId,
          summary: `${what}: not served`,
          tags: ['videos'],
          response: openAiErrors(400, 404, 405),
        },
        onRequest: async () => {
          throw new ClipgateError(
            'invalid_request',
            `${what} is not served: no model of this gateway does it. Nothing was bought. Make a new video with POST /v1/videos.`,
          );
        },
      },
      async () => undefined as never,
    );
  }
}
