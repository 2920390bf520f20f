// Which addresses clients may send us to: the public internet, and what an operator adds to it.

import ipaddr from 'ipaddr.js';

/** What is assigned as global unicast. All else (::/96, fec0::/10, 4000::/3, ...) is unassigned, even if it answers. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

const DENIED_V6 = [
  // IETF protocol assignments: Teredo, benchmarking, ORCHID and whatever comes next.
  ipaddr.IPv6.parseCIDR('2001::/23'),
];
const DENIED_V4 = [
  // Azure's platform services answer every virtual machine at this public-looking address.
  ipaddr.IPv4.parseCIDR('168.63.129.16/32'),
];

export type AddressTest = (address: string) => boolean;

/**
 * True for an address that is reachable from the whole internet: no loopback, private, link-local, carrier, metadata,
 * documentation, multicast or translated one. IPv4 inside IPv6 (`::ffff:127.0.0.1`) is judged as that IPv4.
 * False for what is not an address in its canonical notation, and for any with a zone.
 */
export function isPublicAddress(address: string): boolean {
  const ip = parseAddress(address);
  if (ip?.range() !== 'unicast') return false;
  if (ip instanceof ipaddr.IPv4) return !DENIED_V4.some((network) => ip.match(network));
  return ip.match(GLOBAL_UNICAST_V6) && !DENIED_V6.some((network) => ip.match(network));
}

/**
 * Public addresses, and those of the networks given.
 * @param networks in CIDR notation. @throws Error where one is not.
 */
export function createAddressTest(networks: readonly string[]): AddressTest {
  const allowed = networks.map((network) => ipaddr.parseCIDR(network));
  return (address) => {
    if (isPublicAddress(address)) return true;
    const ip = parseAddress(address);
    return ip !== null && allowed.some(([base, bits]) => ip.kind() === base.kind() && ip.match(base, bits));
  };
}

function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // A zone belongs to one interface of this machine: nothing public has one. Octal and short forms of IPv4 are for
  // the URL parser to resolve; by the time they are addresses they must be plain.
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !(address.includes(':') && !address.includes('%'))) {
    return null;
  }
  try {
    return ipaddr.process(address);
  } catch {
    return null;
  }
}
