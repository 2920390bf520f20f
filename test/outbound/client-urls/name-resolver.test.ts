// Names that clients choose: found, denied or silent, they end in time and leave the system's threads alone.

import { lookup } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNameResolver } from '../../../src/outbound/client-urls/name-resolver.ts';
import { type NameServer, startNameServer } from '../../support/name-server.ts';

let server: NameServer;
beforeAll(async () => {
  server = await startNameServer({ 'media.test': '203.0.113.7' });
});
afterAll(() => server.close());

function resolve(name: string, timeoutMs = 2_000): Promise<readonly string[]> {
  const ask = createNameResolver({ timeoutMs, servers: [server.address] });
  return new Promise((done, fail) => {
    ask(name, { all: true }, (error, found) =>
      error ? fail(error) : done(found.map(({ address }) => address)),
    );
  });
}

describe('a name', () => {
  it('that DNS has is found', async () => {
    expect(await resolve('media.test')).toEqual(['203.0.113.7']);
  });

  it('that only this machine has is found', async () => {
    expect(await resolve('localhost')).toContain('127.0.0.1');
  });

  it('that is silent ends in time, and is asked about no further', async () => {
    await expect(resolve('a.silent', 200)).rejects.toMatchObject({
      code: expect.stringMatching(/^(ETIMEOUT|ETIMEDOUT)$/),
    });
  });
});

it('forty silent names hold up neither each other nor the threads of the system', async () => {
  const ask = createNameResolver({ timeoutMs: 2_000, servers: [server.address] });
  const started = performance.now();
  let ended = 0;
  const silent = Array.from(
    { length: 40 },
    (_, index) =>
      new Promise<unknown>((done) =>
        ask(`n${index}.silent`, { all: true }, (error) => {
          ended += 1;
          done(error);
        }),
      ),
  );
  await lookup('localhost');
  expect(ended).toBe(0);
  const errors = await Promise.all(silent);
  expect(errors.every((error) => error instanceof Error)).toBe(true);
  // One after the other they would take eighty seconds.
  expect(performance.now() - started).toBeLessThan(15_000);
});
