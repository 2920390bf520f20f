// Sealed secrets open under the key and for the context they were sealed with, and never otherwise.

import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createSecretBox } from '../../../src/service/accounts/secret-box.ts';

const [OLD, NEW, OTHER] = ['old', 'new', 'other'].map((name) =>
  createSecret(`${name}-key`.padEnd(40, 'x')),
) as [ReturnType<typeof createSecret>, ReturnType<typeof createSecret>, ReturnType<typeof createSecret>];
const TEXT = 'whsec_canary';

it('opens what it sealed, and shows nothing of it', () => {
  const box = createSecretBox([NEW], randomBytes);
  const sealed = box.seal(TEXT, 'studio');
  expect(sealed).not.toContain('canary');
  expect(box.seal(TEXT, 'studio')).not.toBe(sealed);
  expect(box.open(sealed, 'studio')).toBe(TEXT);
});

it('opens under a key that was replaced, and not under another', () => {
  const sealed = createSecretBox([OLD], randomBytes).seal(TEXT, 'studio');
  expect(createSecretBox([NEW, OLD], randomBytes).open(sealed, 'studio')).toBe(TEXT);
  expect(createSecretBox([NEW, OTHER], randomBytes).open(sealed, 'studio')).toBeNull();
});

it('opens for nothing else, and nothing that was changed', () => {
  const box = createSecretBox([NEW], randomBytes);
  const sealed = box.seal(TEXT, 'studio');
  expect(box.open(sealed, 'agency')).toBeNull();
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  bytes[14] = (bytes[14] ?? 0) ^ 1;
  expect(box.open(`s1.${bytes.toString('base64url')}`, 'studio')).toBeNull();
  for (const text of ['', 's1.', 's1.AAAA', `s2.${sealed.slice(3)}`])
    expect(box.open(text, 'studio')).toBeNull();
});
