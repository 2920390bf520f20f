// Looks up OpenRouter's own name with a resolver of its own, and remembers the last good answer for when none comes.

import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

export interface UpstreamLookupParts {
  /** Asks DNS for every address of a name; a resolver apart from the system's threads unless given. */
  readonly ask?: (hostname: string) => Promise<LookupAddress[]>;
  /** The system's resolver unless given: knows the hosts file, and search domains. */
  readonly askSystem?: (hostname: string) => Promise<LookupAddress[]>;
}

const TIMEOUT_MS = 2_000;
const TRIES = 2;

/** For the connections to upstream. Addresses are checked by TLS, so an old one that still answers is as good as new. */
export function createUpstreamLookup(parts: UpstreamLookupParts = {}): LookupFunction {
  const {
    ask = askDns(new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })),
    askSystem = askOperatingSystem,
  } = parts;
  const lastGood = new Map<string, LookupAddress[]>();

  async function addressesOf(hostname: string): Promise<LookupAddress[]> {
    try {
      // Names without a dot are those of this machine or its network, which DNS does not know.
      const found = hostname.includes('.')
        ? await ask(hostname).catch(() => askKnown(hostname))
        : await askSystem(hostname);
      lastGood.set(hostname, found);
      return found;
    } catch (error) {
      const known = lastGood.get(hostname);
      if (known) return known;
      throw error;
    }
  }

  /** The system may hang where DNS does: it is asked only for what was never resolved. */
  const askKnown = (hostname: string): Promise<LookupAddress[]> => {
    const known = lastGood.get(hostname);
    return known ? Promise.resolve(known) : askSystem(hostname);
  };

  return (hostname, { all, family }, done) => {
    addressesOf(hostname).then(
      (addresses) => {
        const wanted = addresses.filter((one) => !family || one.family === family);
        const [first] = wanted;
        if (!first) done(Object.assign(new Error(`no address of ${hostname}`), { code: 'ENOTFOUND' }), []);
        else if (all) done(null, wanted);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, []),
    );
  };
}

const askDns =
  (resolver: Resolver) =>
  async (hostname: string): Promise<LookupAddress[]> => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found = [
      ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (found.length > 0) return found;
    throw v4.status === 'rejected' ? v4.reason : new Error(`no address of ${hostname}`);
  };

const askOperatingSystem = (hostname: string): Promise<LookupAddress[]> =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
