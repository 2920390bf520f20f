// Resolves names that clients choose, apart from the threads on which OpenRouter's name is looked up.

import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/** `dns.lookup`, asked for every address of a name. */
export type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface NameResolverOptions {
  /** For one name; what is not known by then is not known. */
  readonly timeoutMs: number;
  /** Name servers, as `address:port`; those of the system unless given. */
  readonly servers?: readonly string[];
}

/** A name server that is silent to us is silent to the system, which would wait for it on a thread. */
const SILENT = new Set(['ETIMEOUT', 'ECANCELLED']);

/**
 * Asks DNS over sockets, of which a silent name server holds up none but its own. Where DNS knows nothing, the system's
 * resolver is asked, for its hosts file and search domains. That takes a thread: for one name at a time, so that the
 * others stay free.
 */
export function createNameResolver({ timeoutMs, servers }: NameResolverOptions): ResolveAll {
  let turn: Promise<unknown> = Promise.resolve();

  async function ask(hostname: string, resolver: Resolver): Promise<LookupAddress[]> {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const addresses = answers.flatMap((answer, index) =>
      answer.status === 'fulfilled'
        ? answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 }))
        : [],
    );
    if (addresses.length > 0) return addresses;
    const failed = answers.find((answer) => answer.status === 'rejected');
    throw failed?.reason ?? notFound(hostname);
  }

  /** In its turn, unless its time is over by then. */
  function askSystem(hostname: string, signal: AbortSignal): Promise<LookupAddress[]> {
    const asking = turn.then(() => {
      signal.throwIfAborted();
      return new Promise<LookupAddress[]>((resolve, reject) => {
        lookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
      });
    });
    turn = asking.catch(() => undefined);
    return asking;
  }

  async function resolveName(hostname: string): Promise<LookupAddress[]> {
    const signal = AbortSignal.timeout(timeoutMs);
    const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
    if (servers) resolver.setServers(servers);
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(timedOut(hostname)), { once: true });
    });
    signal.addEventListener('abort', () => resolver.cancel(), { once: true });
    const found = ask(hostname, resolver).catch((error: NodeJS.ErrnoException) => {
      if (SILENT.has(error.code ?? '')) throw error;
      return askSystem(hostname, signal);
    });
    return Promise.race([found, ended]);
  }

  return (hostname, _options, done) => {
    resolveName(hostname).then(
      (addresses) => done(null, addresses),
      (error: NodeJS.ErrnoException) => done(error, []),
    );
  };
}

const notFound = (hostname: string) =>
  Object.assign(new Error(`no address of ${hostname}`), { code: 'ENOTFOUND' });
const timedOut = (hostname: string) =>
  Object.assign(new Error(`no answer about ${hostname} in time`), { code: 'ETIMEDOUT' });
