// ARCHIVE_URL: buckets and folders, and what is neither, refused without a word of its value.

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';

const SOUND = { CLIENT_AUTH: 'none' };
const parse = (env: Record<string, string>) => parseConfig({ ...SOUND, ...env });
const S3 = { kind: 's3', bucket: 'my-clips', prefix: '', region: null, endpoint: null };

describe('ARCHIVE_URL', () => {
  it.each([
    ['s3://my-clips', S3],
    ['s3://my-clips/', S3],
    ['s3://my-clips?region=eu-central-1', { ...S3, region: 'eu-central-1' }],
    ['s3://my-clips/some/clips/', { ...S3, prefix: 'some/clips/' }],
    [
      's3://my-clips/a?region=auto&endpoint=https://x.r2.cloudflarestorage.com/',
      { ...S3, prefix: 'a/', region: 'auto', endpoint: 'https://x.r2.cloudflarestorage.com' },
    ],
    ['file:./clips', { kind: 'folder', path: './clips' }],
    ['file:/data/clips', { kind: 'folder', path: '/data/clips' }],
    ['file:///data/clips', { kind: 'folder', path: '/data/clips' }],
  ])('%s', (url, expected) => {
    expect(parse({ ARCHIVE_URL: url }).ARCHIVE_URL).toEqual(expected);
  });

  it.each([
    'https://my-clips.s3.amazonaws.com/canary',
    's3://',
    's3://My_Clips/canary',
    's3://my-clips/../canary',
    's3://my-clips/ca+nary',
    's3://my-clips?regoin=canary',
    's3://my-clips?region=canary%20x',
    's3://my-clips?endpoint=ftp://canary',
    's3://AKID:canary@my-clips',
    'file:',
    '/canary',
  ])('is refused as %s', (url) => {
    expect(() => parse({ ARCHIVE_URL: url })).toThrowError(
      /^Clipgate cannot start:\n {2}ARCHIVE_URL [^\n]+$/,
    );
    expect(() => parse({ ARCHIVE_URL: url })).not.toThrowError(/canary/);
  });
});

describe('variables beside ARCHIVE_URL', () => {
  it.each([
    [{ AWS_ACCESS_KEY_ID: 'AKID' }, 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together'],
    [{ AWS_SECRET_ACCESS_KEY: 'canary' }, 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together'],
    [{ CONTENT_REDIRECT: 'presigned' }, 'CONTENT_REDIRECT is presigned, but'],
    [{ CONTENT_REDIRECT: 'presigned', ARCHIVE_URL: 'file:x' }, 'CONTENT_REDIRECT is presigned, but'],
    [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://10.0.0.1/canary' }, 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  ] as [Record<string, string>, string][])('are refused as %o', (env, words) => {
    expect(() => parse(env)).toThrowError(words);
    expect(() => parse(env)).not.toThrowError(/canary/);
  });
});
