// Authentication: the live service's two 401s, before anything else about the request is checked.
import type { FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';
import type { World } from './world.ts';

/** Without SIM_API_KEY every key works but one that begins like this, so that a bad key can be tried as well. */
const badKeyPrefix = 'sk-or-bad';

const missingKeyMessages = {
  observed: 'No cookie auth credentials found',
  documented: 'Missing Authentication header',
};

/** The account that error envelopes name once the key is known. */
export const userId = 'user_simulated';

/** @throws ApiError 401 for no key and for a bad one. */
export function requireKey(world: World, request: FastifyRequest): void {
  const key = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (key === undefined) throw new ApiError(401, missingKeyMessages[world.settings().missing_key_message]);
  const known = world.apiKey === undefined ? !key.startsWith(badKeyPrefix) : key === world.apiKey;
  if (!known) throw new ApiError(401, 'User not found.');
}
