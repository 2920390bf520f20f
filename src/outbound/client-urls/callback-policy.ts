// Which URLs clients may have us call: what the operator's list says of names, schemes and addresses.

import { isIP } from 'node:net';
import type { CallbackAllow } from '../../core/callbacks/callback-url.ts';
import { type AddressTest, createAddressTest } from './public-address.ts';

export interface CallbackPolicy {
  /** For the agent that connects, whose word is the last: a name says nothing about where it leads. */
  readonly isAllowed: AddressTest;
  /** What is wrong with a well-formed URL that would never be called, for its client; null where nothing is. */
  findFault(url: string): string | null;
}

const LOOPBACK = ['127.0.0.1', '::1'] as const;

/**
 * Names narrow, networks widen; see `CallbackAllow`. Plain http goes to this machine alone, and only where the list
 * has its address.
 * @throws Error where a network is not one.
 */
export function createCallbackPolicy({ names, networks }: CallbackAllow): CallbackPolicy {
  const isAllowed = createAddressTest(networks);
  const isNamed = (host: string) =>
    names.length === 0 || names.some((name) => (name.startsWith('.') ? host.endsWith(name) : host === name));

  return {
    isAllowed,
    findFault(url) {
      const { protocol, hostname } = new URL(url);
      // A full stop at the end says that the name is whole; it is the same name.
      const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
      const addresses = host === 'localhost' ? LOOPBACK : isIP(host) ? [host] : null;
      if (addresses && !addresses.some(isAllowed)) return 'must lead to a public address';
      const isLoopback = addresses?.every((address) => /^(127\.|::1$)/.test(address)) ?? false;
      if (protocol !== 'https:' && !isLoopback) return 'must be an https: URL';
      return isNamed(host) ? null : 'must be on a host that this gateway is allowed to call';
    },
  };
}
