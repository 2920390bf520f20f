// Seals what must be read again, such as the secrets that sign callbacks: a copy of the database alone opens nothing.

import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';

export interface SecretBox {
  /** @param context what the text belongs to: it opens for nothing else. */
  seal(text: string, context: string): string;
  /** Null where none of the keys opens it: it was sealed under another, or for another context. */
  open(sealed: string, context: string): string | null;
}

const VERSION = 's1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under keys derived by HKDF-SHA256.
 * @param keys the first seals, each opens: so one is replaced. At least one.
 * @param randomBytes cryptographically random.
 */
export function createSecretBox(
  keys: readonly [Secret, ...Secret[]],
  randomBytes: (size: number) => Uint8Array,
): SecretBox {
  const derive = (key: Secret) => Buffer.from(hkdfSync('sha256', key.reveal(), '', 'clipgate secrets 1', 32));
  const first = derive(keys[0]);
  const all = [first, ...keys.slice(1).map(derive)];

  function openWith(key: Buffer, bytes: Buffer, context: string): string | null {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    try {
      return Buffer.concat([text, decipher.final()]).toString();
    } catch {
      // The tag does not fit: another key, or another context.
      return null;
    }
  }

  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first, nonce);
      cipher.setAAD(Buffer.from(context));
      const bytes = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${bytes.toString('base64url')}`;
    },
    open(sealed, context) {
      const [version, payload = ''] = sealed.split('.');
      const bytes = Buffer.from(payload, 'base64url');
      if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
      for (const key of all) {
        const text = openWith(key, bytes, context);
        if (text !== null) return text;
      }
      return null;
    },
  };
}
