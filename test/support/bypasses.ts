// Every way known to get behind a guard that only lets requests out to public addresses.

/** An address that a guard must let through. */
export const PUBLIC = '93.184.215.14';

/** One way to reach what is not public. */
export interface Bypass {
  readonly name: string;
  readonly url: string;
  /** What the resolver answers for the host. */
  readonly dns?: readonly string[];
  /** Where the socket ends up all the same, whatever was resolved: a proxy, a rewritten route. */
  readonly lands?: string;
}
export const bypass = (name: string, url: string, more: Partial<Bypass> = {}): Bypass => ({
  name,
  url,
  ...more,
});

// `redirect.test` is a public host whose every answer is a redirect to what stands in its query.
export const viaRedirect = (name: string, to: string, dns?: readonly string[]) =>
  bypass(`redirect: ${name}`, `https://redirect.test/?to=${encodeURIComponent(to)}`, dns ? { dns } : {});

export const BYPASSES: readonly Bypass[] = [
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
