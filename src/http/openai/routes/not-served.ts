// What OpenAI's Videos API has and no model here does: refused with words, before a body is read.

import { ClipgateError } from '../../../core/errors.ts';
import type { App } from '../../server/context.ts';

const NOT_SERVED = [
  ['/videos/:id/remix', 'Remixing a video'],
  ['/videos/edits', 'Editing a video'],
  ['/videos/extensions', 'Extending a video'],
  ['/videos/characters', 'Making a character'],
] as const;

export async function notServedRoutes(app: App): Promise<void> {
  for (const [url, what] of NOT_SERVED) {
    app.post(
      url,
      {
        // An operation that cannot succeed is none that a client should be generated for.
        schema: { hide: true },
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
