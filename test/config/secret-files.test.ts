// Secrets in files: read into their variables, refused clearly, never quoted.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { readSecretFiles } from '../../src/config/secret-files.ts';
import { SECRET_NAMES } from '../../src/config/variables.ts';

const folder = mkdtempSync(join(tmpdir(), 'clipgate-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: string): string {
  const file = join(folder, `${Math.random()}`);
  writeFileSync(file, content);
  return file;
}

describe('readSecretFiles', () => {
  it.each(SECRET_NAMES)('reads %s from the file that is named, without its last line end', (name) => {
    const env = readSecretFiles({ [`${name}_FILE`]: fileOf('canary value\r\n\n'), PORT: '1' });
    expect(env).toMatchObject({ [name]: 'canary value', PORT: '1' });
  });

  it('changes nothing where no file is named', () => {
    const env = { OPENROUTER_API_KEY: 'sk-or-v1-canary', CLIENT_KEYS_FILE: '' };
    expect(readSecretFiles(env)).toEqual(env);
  });

  it('names everything that is wrong at once, and quotes no secret', () => {
    const env = {
      OPENROUTER_API_KEY: 'sk-or-v1-canary',
      OPENROUTER_API_KEY_FILE: fileOf('sk-or-v1-canary'),
      CLIENT_KEYS_FILE: join(folder, 'none'),
      DATABASE_URL_FILE: fileOf('\n'),
      OPERATOR_KEYS_FILE: folder,
    };
    expect(() => readSecretFiles(env)).toThrowError(
      [
        'Clipgate cannot start:',
        '  OPENROUTER_API_KEY and OPENROUTER_API_KEY_FILE are both set: keep one',
        `  DATABASE_URL_FILE: ${env.DATABASE_URL_FILE} is empty`,
        `  CLIENT_KEYS_FILE: ${env.CLIENT_KEYS_FILE} cannot be read (ENOENT)`,
        `  OPERATOR_KEYS_FILE: ${folder} cannot be read (EISDIR)`,
      ].join('\n'),
    );
  });

  it('feeds the configuration like variables do', () => {
    const hash = 'a'.repeat(64);
    const env = readSecretFiles({ CLIENT_KEYS_FILE: fileOf(`studio:${hash}\n`) });
    expect(parseConfig(env).CLIENT_KEYS).toEqual(new Map([[hash, 'studio']]));
  });
});
