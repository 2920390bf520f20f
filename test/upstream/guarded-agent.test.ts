// The guarded agent against every way known to get behind such a guard; and the same table against weaker guards.

import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectSocket, isIP, type LookupFunction } from 'node:net';
import { Agent, type buildConnector, type Dispatcher, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BlockedAddressError,
  createGuardedAgent,
  type GuardedAgentParts,
  type ResolveAll,
} from '../../src/upstream/guarded-agent.ts';
import { createMediaProbe } from '../../src/upstream/media-probe.ts';
import { createAddressTest, isPublicAddress } from '../../src/upstream/public-address.ts';

const OPTIONS = { connectMs: 2_000, answerMs: 2_000, maxBodyBytes: 10_000 };
const PUBLIC = '93.184.215.14';

interface Bypass {
  readonly name: string;
  readonly url: string;
  /** What the resolver answers for the host. */
  readonly dns?: readonly string[];
  /** Where the socket ends up all the same, whatever was resolved: a proxy, a rewritten route. */
  readonly lands?: string;
}
const bypass = (name: string, url: string, more: Partial<Bypass> = {}): Bypass => ({ name, url, ...more });

// `redirect.test` is a public host whose every answer is a redirect to what stands in its query.
const viaRedirect = (name: string, to: string, dns?: readonly string[]) =>
  bypass(`redirect: ${name}`, `https://redirect.test/?to=${encodeURIComponent(to)}`, dns ? { dns } : {});

const BYPASSES: readonly Bypass[] = [
  // Notations of one address.
  bypass('loopback', 'http://127.0.0.1/'),
  bypass('loopback with TLS', 'https://127.0.0.1/'),
  bypass('loopback, another of its 16 million', 'http://127.8.8.8/'),
  bypass('loopback, decimal', 'http://2130706433/'),
  bypass('loopback, octal', 'http://0177.0.0.1/'),
  bypass('loopback, octal all through', 'http://017700000001/'),
  bypass('loopback, hexadecimal', 'http://0x7f000001/'),
  bypass('loopback, hexadecimal parts', 'http://0x7f.0x0.0x0.0x1/'),
  bypass('loopback, short', 'http://127.1/'),
  bypass('loopback, mixed', 'http://0x7f.1/'),
  bypass('loopback, trailing dot', 'http://127.0.0.1./'),
  bypass('loopback, percent-encoded', 'http://%31%32%37.0.0.1/'),
  bypass('loopback, full-width digits', 'http://１２７.０.０.１/'),
  bypass('loopback, circled digits', 'http://①②⑦.⓪.⓪.①/'),
  bypass('loopback, behind credentials', 'http://example.com@127.0.0.1/'),
  bypass('loopback, backslash', 'http:\\\\127.0.0.1\\'),
  bypass('this host', 'http://0.0.0.0/'),
  bypass('this host, as nothing', 'http://0/'),
  // IPv6.
  bypass('IPv6 loopback', 'http://[::1]/'),
  bypass('IPv6 loopback, long', 'http://[0:0:0:0:0:0:0:1]/'),
  bypass('IPv6 this host', 'http://[::]/'),
  bypass('IPv4-mapped loopback', 'http://[::ffff:127.0.0.1]/'),
  bypass('IPv4-mapped metadata, hexadecimal', 'http://[::ffff:a9fe:a9fe]/'),
  bypass('IPv4-compatible', 'http://[::127.0.0.1]/'),
  bypass('IPv4-translated', 'http://[::ffff:0:127.0.0.1]/'),
  bypass('NAT64', 'http://[64:ff9b::127.0.0.1]/'),
  bypass('NAT64, local', 'http://[64:ff9b:1::a9fe:a9fe]/'),
  bypass('6to4', 'http://[2002:7f00:1::]/'),
  bypass('Teredo', 'http://[2001:0:7f00:1::]/'),
  bypass('link-local with a zone', 'http://[fe80::1%25eth0]/'),
  bypass('link-local', 'http://[fe80::1]/'),
  bypass('site-local, long retired', 'http://[fec0::1]/'),
  bypass('unique local', 'http://[fd00:ec2::254]/'),
  bypass('multicast', 'http://[ff02::1]/'),
  // Inside networks.
  bypass('metadata', 'http://169.254.169.254/latest/meta-data/'),
  bypass('metadata, carrier range', 'http://100.100.100.200/'),
  bypass('platform services', 'http://168.63.129.16/'),
  bypass('private, 10/8', 'https://10.0.0.1/'),
  bypass('private, 172.16/12', 'https://172.31.255.254/'),
  bypass('private, 192.168/16', 'https://192.168.1.1/'),
  bypass('broadcast', 'http://255.255.255.255/'),
  // Names.
  bypass('localhost', 'http://localhost/', { dns: ['127.0.0.1', '::1'] }),
  bypass('localhost, below', 'http://a.localhost/', { dns: ['::1'] }),
  bypass('localhost, in capitals, with a dot', 'http://LOCALHOST./', { dns: ['127.0.0.1'] }),
  bypass('a public name for a private address', 'https://inside.test/', { dns: ['10.0.0.5'] }),
  bypass('a public name for metadata, mapped', 'https://inside.test/', { dns: ['::ffff:169.254.169.254'] }),
  bypass('one public answer, one private', 'https://both.test/', { dns: [PUBLIC, '192.168.0.1'] }),
  bypass('one private answer, one public', 'https://both.test/', { dns: ['127.0.0.1', PUBLIC] }),
  bypass('a public IPv4, a private IPv6', 'https://both.test/', { dns: [PUBLIC, 'fd00::1'] }),
  bypass('no answer at all', 'https://none.test/', { dns: [] }),
  bypass('rebinding: checked here, connected there', 'https://rebind.test/', {
    dns: [PUBLIC],
    lands: '127.0.0.1',
  }),
  bypass('rebinding to IPv6', 'https://rebind.test/', { dns: [PUBLIC], lands: '::1' }),
  bypass('a public literal that lands inside', `http://${PUBLIC}/`, { lands: '10.0.0.1' }),
  // Redirects.
  viaRedirect('to a literal', 'https://127.0.0.1/'),
  viaRedirect('to decimal', 'https://2130706433/'),
  viaRedirect('to mapped', 'https://[::ffff:127.0.0.1]/'),
  viaRedirect('to metadata without TLS', 'http://169.254.169.254/latest/meta-data/'),
  viaRedirect('to a name inside', 'https://inside.test/', ['10.0.0.5']),
  viaRedirect('without a scheme', '//127.0.0.1/'),
  viaRedirect('to a redirect', `https://redirect.test/?to=${encodeURIComponent('https://[::1]/')}`),
  viaRedirect('to a file', 'file:///etc/passwd'),
];

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
