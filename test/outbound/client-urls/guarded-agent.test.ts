// The guarded agent against every way known to get behind such a guard; and the same table against weaker guards.

import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectSocket, isIP, type LookupFunction } from 'node:net';
import { Agent, type buildConnector, type Dispatcher, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BlockedAddressError,
  createGuardedAgent,
  type GuardedAgentParts,
} from '../../../src/outbound/client-urls/guarded-agent.ts';
import { createMediaProbe } from '../../../src/outbound/client-urls/media-probe.ts';
import type { ResolveAll } from '../../../src/outbound/client-urls/name-resolver.ts';
import { createAddressTest, isPublicAddress } from '../../../src/outbound/client-urls/public-address.ts';
import { BYPASSES, type Bypass, bypass, PUBLIC, viaRedirect } from '../../support/bypasses.ts';

const OPTIONS = { connectMs: 2_000, answerMs: 2_000, maxBodyBytes: 10_000 };
/** What stands behind every address of the table: a server that gives its secret to whoever gets through. */
let canary: Server;
beforeAll(async () => {
  canary = createServer((incoming, response) => {
    const to = new URL(incoming.url ?? '/', 'http://any').searchParams.get('to');
    if (to) response.writeHead(302, { location: to }).end();
    else response.writeHead(200, { 'content-type': 'image/png' }).end('secret');
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => canary.close(resolve)));

const resolveAs =
  (row: Bypass): ResolveAll =>
  (hostname, _options, done) => {
    const answers = hostname === 'redirect.test' ? [PUBLIC] : (row.dns ?? []);
    done(
      null,
      answers.map((address) => ({ address, family: isIP(address) })),
    );
  };

/** Opens sockets as the system would, but every one of them leads to the canary, under the address it was meant for. */
const dialCanary =
  (row: Bypass) =>
  (lookup: LookupFunction): buildConnector.connector =>
  (target, done) => {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const dial = (address: string) => {
      const landed = host === 'redirect.test' ? address : (row.lands ?? address);
      const socket = connectSocket((canary.address() as AddressInfo).port, '127.0.0.1');
      socket.once('error', (error) => done(error, null));
      socket.once('connect', () => {
        Object.defineProperty(socket, 'remoteAddress', { value: landed });
        done(null, socket);
      });
    };
    if (isIP(host)) return dial(host);
    lookup(host, { all: true }, (error, addresses) => {
      const [first] = Array.isArray(addresses) ? addresses : [];
      if (error || !first) done(error ?? new Error('no address'), null);
      else dial(first.address);
    });
  };

type CreateAgent = (parts: Required<GuardedAgentParts>) => Dispatcher;

/** True where the secret came out: by one request, or behind the redirects a probe follows. */
async function getsThrough(row: Bypass, createAgent: CreateAgent): Promise<boolean> {
  const agent = createAgent({
    isAllowed: isPublicAddress,
    resolve: resolveAs(row),
    createConnector: dialCanary(row),
  });
  try {
    const probed = await createMediaProbe(agent).probe(row.url, () => true, AbortSignal.timeout(5_000));
    if (probed.kind === 'read') return true;
    if (row.url.includes('redirect.test')) return false;
    const answer = await request(row.url, { dispatcher: agent });
    return (await answer.body.text()) === 'secret';
  } catch (error) {
    // Refused by the guard, by the URL parser, or never meant for a socket: nothing else is a refusal.
    expect(['ERR_BLOCKED_ADDRESS', 'ERR_INVALID_URL', 'UND_ERR_INVALID_ARG']).toContain(
      (error as NodeJS.ErrnoException).code,
    );
    return false;
  } finally {
    await agent.close();
  }
}

const guarded: CreateAgent = (parts) => createGuardedAgent(parts, OPTIONS);

describe('the bypass table', () => {
  it('is long enough to mean something', () => {
    expect(BYPASSES.length).toBeGreaterThanOrEqual(32);
  });

  it.each(BYPASSES)('$name', async (row) => {
    expect(await getsThrough(row, guarded)).toBe(false);
  });

  it('has a canary that answers where the address is public: the table could fail', async () => {
    expect(await getsThrough(bypass('public', `http://${PUBLIC}/`), guarded)).toBe(true);
    expect(await getsThrough(bypass('public', 'https://open.test/', { dns: [PUBLIC] }), guarded)).toBe(true);
    expect(await getsThrough(viaRedirect('public', `https://${PUBLIC}/`), guarded)).toBe(true);
  });
});

describe('a weaker guard', () => {
  const caughtBy = async (createAgent: CreateAgent) => {
    const names: string[] = [];
    for (const row of BYPASSES)
      if (await getsThrough(row, createAgent).catch(() => false)) names.push(row.name);
    return names;
  };
  const lookupThrough =
    (resolve: ResolveAll, isAllowed: (address: string) => boolean): LookupFunction =>
    (host, options, done) =>
      resolve(host, { ...options, all: true }, (error, all) =>
        all.every(({ address }) => isAllowed(address))
          ? done(error, all)
          : done(new BlockedAddressError(), []),
      );
  // The list that everybody writes first.
  const PRIVATE = /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|0\.|::1$)/;

  it.each<[string, CreateAgent, string[]]>([
    [
      'that only looks at the URL',
      ({ resolve, createConnector }) => {
        const connect = createConnector(lookupThrough(resolve, () => true));
        return new Agent({
          connect: (target, done) =>
            PRIVATE.test(target.hostname.replace(/^\[|\]$/g, ''))
              ? done(new BlockedAddressError(), null)
              : connect(target, done),
        });
      },
      ['a public name for a private address', 'IPv4-mapped loopback', 'rebinding to IPv6'],
    ],
    [
      'with a list of private ranges in place of the public ones',
      (parts) => createGuardedAgent({ ...parts, isAllowed: (address) => !PRIVATE.test(address) }, OPTIONS),
      ['IPv4-mapped loopback', 'NAT64', 'unique local', 'platform services', 'metadata, carrier range'],
    ],
    [
      'that believes the first DNS answer',
      (parts) =>
        createGuardedAgent(
          {
            ...parts,
            resolve: (host, o, done) => parts.resolve(host, o, (e, all) => done(e, all.slice(0, 1))),
          },
          OPTIONS,
        ),
      ['one public answer, one private'],
    ],
    [
      'that only looks at DNS answers',
      ({ isAllowed, resolve, createConnector }) =>
        new Agent({ connect: createConnector(lookupThrough(resolve, isAllowed)) }),
      ['loopback', 'loopback, decimal', 'rebinding: checked here, connected there'],
    ],
  ])('%s fails the table', async (_name, createAgent, examples) => {
    expect(await caughtBy(createAgent)).toEqual(expect.arrayContaining(examples));
  });
});

describe('the guarded agent on real sockets', () => {
  it('never connects to loopback, by address or by name, and says the same of open and closed ports', async () => {
    let connections = 0;
    const count = () => connections++;
    canary.on('connection', count);
    const { port } = canary.address() as AddressInfo;
    const agent = createGuardedAgent({ isAllowed: isPublicAddress }, OPTIONS);
    const failures = await Promise.all(
      ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0', '2130706433'].flatMap((host) =>
        [port, 1].map((to) =>
          request(`http://${host}:${to}/`, { dispatcher: agent }).then(
            () => 'through',
            (error: Error) => `${error.name}: ${error.message}`,
          ),
        ),
      ),
    );
    expect(new Set(failures)).toEqual(
      new Set(['BlockedAddressError: the URL does not lead to a public address']),
    );
    expect(connections).toBe(0);
    canary.off('connection', count);
    await agent.close();
  });

  it('connects to networks it is given, and to their neighbours not', async () => {
    const { port } = canary.address() as AddressInfo;
    const agent = createGuardedAgent({ isAllowed: createAddressTest(['127.0.0.1/32']) }, OPTIONS);
    const { body } = await request(`http://127.0.0.1:${port}/`, { dispatcher: agent });
    expect(await body.text()).toBe('secret');
    await expect(request(`http://127.0.0.2:${port}/`, { dispatcher: agent })).rejects.toBeInstanceOf(
      BlockedAddressError,
    );
    await agent.close();
  });

  it('cuts a body that is too long', async () => {
    const { port } = canary.address() as AddressInfo;
    const agent = createGuardedAgent(
      { isAllowed: createAddressTest(['127.0.0.1/32']) },
      { ...OPTIONS, maxBodyBytes: 3 },
    );
    const { body } = await request(`http://127.0.0.1:${port}/`, { dispatcher: agent });
    await expect(body.text()).rejects.toMatchObject({ code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
    await agent.close();
  });
});
