// Credentials for S3: from the variables, from a container's endpoint, from a web identity; renewed in time.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createCredentials } from '../../../src/outbound/s3/credentials.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const MINUTE = 60_000;

let server: Server;
let url: string;
let folder: string;
let answers: { status: number; body: string }[];
let asked: { method: string; path: string; authorization: string | undefined; body: string }[];
let now: number;
const clock = () => now;

beforeEach(async () => {
  now = NOW;
  answers = [];
  asked = [];
  folder = await mkdtemp(join(tmpdir(), 'clipgate-credentials-'));
  server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, authorization: headers.authorization, body: await text(request) });
    const answer = answers.shift() ?? { status: 500, body: 'secret-canary' };
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const answer = (id: string, expiresInMs: number) => ({
  status: 200,
  body: JSON.stringify({
    AccessKeyId: id,
    SecretAccessKey: `secret of ${id}`,
    Token: `token of ${id}`,
    Expiration: new Date(NOW + expiresInMs).toISOString(),
  }),
});
const fromContainer = (tokenFile: string | null = null) =>
  createCredentials(
    { kind: 'container', url: `${url}/creds`, token: createSecret('tok'), tokenFile },
    { clock },
  );

describe('credentials of a container', () => {
  it('are asked for once by all who need them, and used until six minutes before their end', async () => {
    answers = [answer('one', 60 * MINUTE), answer('two', 120 * MINUTE)];
    const credentials = fromContainer();
    const [first, second] = await Promise.all([credentials(), credentials()]);
    expect(first).toEqual({
      accessKeyId: 'one',
      secretAccessKey: 'secret of one',
      sessionToken: 'token of one',
      expiresAt: NOW + 60 * MINUTE,
    });
    expect(second).toBe(first);
    now = NOW + 54 * MINUTE - 1;
    expect(await credentials()).toBe(first);
    expect(asked).toEqual([{ method: 'GET', path: '/creds', authorization: 'tok', body: '' }]);
    now = NOW + 54 * MINUTE;
    expect((await credentials()).accessKeyId).toBe('two');
  });

  it('are used on while they are valid where they cannot be renewed, and asked for every ten seconds', async () => {
    answers = [answer('one', 60 * MINUTE)];
    const credentials = fromContainer();
    await credentials();
    now = NOW + 55 * MINUTE;
    expect((await credentials()).accessKeyId).toBe('one');
    await credentials();
    expect(asked).toHaveLength(2);
    now += 10_000;
    answers = [answer('two', 120 * MINUTE)];
    expect((await credentials()).accessKeyId).toBe('two');
  });

  it('are an error without a word of the answer once there are none', async () => {
    const credentials = fromContainer();
    await expect(credentials()).rejects.toThrow('the request for S3 credentials was answered with 500');
    answers = [{ status: 200, body: 'secret-canary' }];
    await expect(credentials()).rejects.toThrow('the answer with S3 credentials is not JSON');
    answers = [{ status: 200, body: '{"AccessKeyId":"secret-canary"}' }];
    await expect(credentials()).rejects.toThrow('the answer with S3 credentials has no access key');
  });

  it('are asked for with the token that the file holds at the moment', async () => {
    const file = join(folder, 'token');
    await writeFile(file, 'first\n');
    answers = [answer('one', 1 * MINUTE), answer('two', 60 * MINUTE)];
    const credentials = fromContainer(file);
    await credentials();
    await writeFile(file, 'second\n');
    await credentials();
    expect(asked.map(({ authorization }) => authorization)).toEqual(['first', 'second']);
  });
});

describe('credentials of a web identity', () => {
  it('are asked for with the token and the role', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'header.payload.signature\n');
    answers = [
      {
        status: 200,
        body: `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
          <SessionToken>token of sts</SessionToken><SecretAccessKey>secret of sts</SecretAccessKey>
          <Expiration>2026-11-28T13:00:00Z</Expiration><AccessKeyId>ASIA1</AccessKeyId>
          </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
      },
    ];
    const source = {
      kind: 'web_identity',
      roleArn: 'arn:aws:iam::1:role/x',
      tokenFile,
      stsUrl: url,
    } as const;
    expect(await createCredentials(source, { clock })()).toEqual({
      accessKeyId: 'ASIA1',
      secretAccessKey: 'secret of sts',
      sessionToken: 'token of sts',
      expiresAt: NOW + 60 * MINUTE,
    });
    expect(asked[0]).toMatchObject({ method: 'POST', path: '/', authorization: undefined });
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::1:role/x',
      WebIdentityToken: 'header.payload.signature',
    });
  });
});
