// Signatures over raw bytes: ours and fresh, or refused; and bodies that say which job they are about.

import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { findSignatureFault, parseWebhook } from '../../../src/outbound/openrouter/webhook.ts';

const T = 1_790_000_000;
const BODY = Buffer.from('{"data":{"id":"gen-vid-1","status":"completed","note":"déjà vu 🦊"}}');
const sign = (secret: string, body: Uint8Array = BODY, t: number | string = T) =>
  createHmac('sha256', secret).update(`${t},`).update(body).digest('hex');
const fault = (header: string | undefined, secrets = ['s-one'], body: Uint8Array = BODY, nowS = T) =>
  findSignatureFault(header, body, secrets.map(createSecret), nowS * 1000);

describe('findSignatureFault', () => {
  it('takes what upstream signed, multi-byte text included', () => {
    expect(fault(`t=${T},v1=${sign('s-one')}`)).toBeNull();
    expect(fault(`t=${T}, v1=${sign('s-one')}`)).toBeNull();
  });

  it('takes any of several signatures by any of several secrets', () => {
    const header = `t=${T},v1=${sign('s-old')},v1=${sign('s-new')}`;
    expect(fault(header, ['s-new'])).toBeNull();
    expect(fault(header, ['s-other', 's-old'])).toBeNull();
    expect(fault(header, ['s-other'])).toBe('wrong');
  });

  it.each([
    [300, null],
    [-300, null],
    [301, 'stale'],
    [-301, 'stale'],
  ])('at %i s of age: %s', (ageS, expected) => {
    expect(fault(`t=${T},v1=${sign('s-one')}`, ['s-one'], BODY, T + ageS)).toBe(expected);
  });

  it('is over the bytes and not over what they decode to', () => {
    const bytes = Buffer.concat([BODY, Buffer.from([0xff])]);
    expect(fault(`t=${T},v1=${sign('s-one', bytes)}`, ['s-one'], bytes)).toBeNull();
    expect(fault(`t=${T},v1=${sign('s-one', Buffer.from(bytes.toString('utf8')))}`, ['s-one'], bytes)).toBe(
      'wrong',
    );
    expect(fault(`t=${T},v1=${sign('s-one')}`, ['s-one'], Buffer.concat([BODY, Buffer.from(' ')]))).toBe(
      'wrong',
    );
  });

  it('joins time and body with a comma, and the time is part of it', () => {
    const dotted = createHmac('sha256', 's-one').update(`${T}.`).update(BODY).digest('hex');
    expect(fault(`t=${T},v1=${dotted}`)).toBe('wrong');
    expect(fault(`t=${T + 1},v1=${sign('s-one')}`)).toBe('wrong');
  });

  it.each<[string, string | undefined, string]>([
    ['no header', undefined, 'missing'],
    ['an empty one', '', 'missing'],
    ['no time', `v1=${sign('s-one')}`, 'malformed'],
    ['two times', `t=${T},t=${T},v1=${sign('s-one')}`, 'malformed'],
    ['a time that is no number', `t=soon,v1=${sign('s-one')}`, 'malformed'],
    ['no signature', `t=${T}`, 'malformed'],
    ['another version alone', `t=${T},v2=${sign('s-one')}`, 'malformed'],
    ['nonsense', 'nonsense', 'malformed'],
    ['a hundred signatures', `t=${T}${`,v1=${sign('s-one')}`.repeat(100)}`, 'malformed'],
    ['a short signature', `t=${T},v1=${sign('s-one').slice(0, -1)}`, 'wrong'],
    ['an empty signature', `t=${T},v1=`, 'wrong'],
    // As many characters as a digest has, but more bytes: comparing characters first would throw.
    ['a signature of multi-byte characters', `t=${T},v1=${'é'.repeat(64)}`, 'wrong'],
    ['a signature of wide characters', `t=${T},v1=${'🦊'.repeat(32)}`, 'wrong'],
  ])('refuses %s', (_name, header, expected) => {
    expect(fault(header)).toBe(expected);
  });
});

describe('parseWebhook', () => {
  const parse = (value: unknown) => parseWebhook(Buffer.from(JSON.stringify(value)));

  it('reads which job and what of it, and no more', () => {
    expect(
      parse({
        type: 'video.generation.completed',
        created_at: '2026-10-02T09:00:00Z',
        data: { id: 'gen-vid-1', status: 'completed', model: null, usage: { cost: 0 }, more: 1 },
      }),
    ).toEqual({ upstreamId: 'gen-vid-1', status: 'completed' });
  });

  it.each<[string, unknown]>([
    ['no data', { type: 'ping' }],
    ['no id', { data: { status: 'completed' } }],
    ['an empty id', { data: { id: '', status: 'completed' } }],
    ['an id that is too long', { data: { id: 'x'.repeat(513), status: 'completed' } }],
    ['an id with NUL', { data: { id: 'a\0b', status: 'completed' } }],
    ['an id that is a path upwards', { data: { id: '..', status: 'completed' } }],
    ['a status with NUL', { data: { id: 'a', status: 'a\0' } }],
    ['an id with a space', { data: { id: 'a b', status: 'completed' } }],
    ['a status that is no text', { data: { id: 'a', status: 1 } }],
    ['a list', []],
    ['null', null],
  ])('reads nothing from %s', (_name, value) => {
    expect(parse(value)).toBeNull();
  });

  it('reads nothing from what is not JSON, or not UTF-8', () => {
    expect(parseWebhook(Buffer.alloc(0))).toBeNull();
    expect(parseWebhook(Buffer.from('{'))).toBeNull();
    expect(parseWebhook(Buffer.from([0x22, 0xff, 0x22]))).toBeNull();
  });
});
