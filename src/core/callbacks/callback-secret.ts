// What a secret that signs callbacks looks like.

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
// Standard Webhooks 1.0.0: "At least 24 bytes (192 bits, 512 maximum)".
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

export const CALLBACK_SECRET_FORM = `whsec_ and ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes in base64`;

/** What is wrong with a secret, without a word of it; null where nothing is. */
export function findCallbackSecretProblem(secret: string): string | null {
  const key = SECRET.exec(secret)?.[1] ?? '';
  const bytes = Math.floor((key.replace(/=+$/, '').length * 3) / 4);
  return key.length % 4 === 0 && bytes >= MIN_KEY_BYTES && bytes <= MAX_KEY_BYTES
    ? null
    : `must be ${CALLBACK_SECRET_FORM}`;
}
