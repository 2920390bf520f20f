// What an operator's list makes of a URL before anybody looks up where it leads.

import { describe, expect, it } from 'vitest';
import { callbackAllowSchema } from '../../../src/config/callback-settings.ts';
import { createCallbackPolicy } from '../../../src/outbound/client-urls/callback-policy.ts';

const faultOf = (allow: string | null, url: string) =>
  createCallbackPolicy(
    allow === null ? { names: [], networks: [] } : callbackAllowSchema.parse(allow),
  ).findFault(url);

describe('a callback policy', () => {
  it.each([
    [null, 'https://hooks.example.com/x'],
    [null, 'https://8.8.8.8/'],
    ['10.0.0.0/8', 'https://hooks.example.com/'],
    ['10.0.0.0/8', 'https://10.1.2.3/'],
    ['hooks.example.com', 'https://hooks.example.com/'],
    ['hooks.example.com', 'https://HOOKS.example.com./'],
    ['.example.com', 'https://a.b.example.com/'],
    ['127.0.0.0/8', 'http://127.0.0.1:9000/'],
    ['127.0.0.1', 'http://127.0.0.1:9000/'],
    ['::1', 'http://[::1]:9000/'],
    ['localhost', 'http://localhost:9000/'],
    ['127.0.0.1', 'http://0x7f.1/'],
  ])('of %s lets pass %s', (allow, url) => {
    expect(faultOf(allow, url)).toBeNull();
  });

  it.each([
    [null, 'http://hooks.example.com/', 'https'],
    [null, 'http://127.0.0.1/', 'public'],
    [null, 'https://127.0.0.1/', 'public'],
    [null, 'https://localhost/', 'public'],
    [null, 'https://2130706433/', 'public'],
    [null, 'https://[::ffff:10.0.0.1]/', 'public'],
    [null, 'https://10.1.2.3/', 'public'],
    [null, 'https://169.254.169.254/', 'public'],
    ['10.0.0.0/8', 'http://10.1.2.3/', 'https'],
    ['10.0.0.0/8', 'https://192.168.0.1/', 'public'],
    ['127.0.0.0/8', 'http://hooks.example.com/', 'https'],
    ['127.0.0.0/8', 'http://127.evil.example/', 'https'],
    ['hooks.example.com', 'https://example.com/', 'allowed to call'],
    ['hooks.example.com', 'https://x.hooks.example.com/', 'allowed to call'],
    ['hooks.example.com', 'https://8.8.8.8/', 'allowed to call'],
    ['.example.com', 'https://example.com/', 'allowed to call'],
    ['.example.com', 'https://evilexample.com/', 'allowed to call'],
  ])('of %s refuses %s', (allow, url, words) => {
    expect(faultOf(allow, url)).toContain(words);
  });
});
