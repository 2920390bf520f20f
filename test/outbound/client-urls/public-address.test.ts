// Every block of addresses that is not the public internet, at its edges, and its neighbours that are.

import { describe, expect, it } from 'vitest';
import { createAddressTest, isPublicAddress } from '../../../src/outbound/client-urls/public-address.ts';

describe('isPublicAddress', () => {
  it.each([
    '0.0.0.0',
    '0.255.255.255',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.1',
    '100.100.100.200', // a cloud's metadata
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.255',
    '168.63.129.16', // a cloud's platform services
    '169.254.0.1',
    '169.254.169.254', // clouds' metadata
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.0',
    '192.168.255.255',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1', // ::/96, once IPv4-compatible
    '::808:808',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::ffff:a83f:8110',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:2::1',
    '2001:20::1',
    '2001:1ff:ffff::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254', // a cloud's metadata
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1%eth0',
    'fec0::1',
    'ff02::1',
    // Not addresses in their canonical form.
    '',
    'localhost',
    '127.1',
    '0177.0.0.1',
    '0x8.8.8.8',
    '134744072',
    '8.8.8.8.',
    '[2606:4700::1]',
  ])('refuses %j', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '168.63.129.15',
    '168.63.129.17',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.254',
    '::ffff:8.8.8.8',
    '2001:200::1',
    '2606:4700:4700::1111',
    '2a00:1450:4001::1',
  ])('takes %j', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('createAddressTest', () => {
  it('adds networks to the public ones, and no more than those', () => {
    const isAllowed = createAddressTest(['10.1.0.0/16', 'fd12::/32']);
    expect(['8.8.8.8', '10.1.255.255', '::ffff:10.1.0.1', 'fd12::1'].map(isAllowed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['10.2.0.0', 'fd13::1', '127.0.0.1', 'nonsense'].map(isAllowed)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('refuses what is not a network', () => {
    for (const network of ['10.0.0.0', '10.0.0.0/33', 'x/8', '']) {
      expect(() => createAddressTest([network])).toThrow();
    }
  });
});
