// Which connections go through the operator's proxy, by the variables that every other program knows.

import ipaddr from 'ipaddr.js';
import { createSecret, type Secret } from '../../core/secret.ts';

/** A forward proxy. */
export interface ForwardProxy {
  /** Without user and password. */
  readonly origin: string;
  /** The `Proxy-Authorization` header; null = none. */
  readonly authorization: Secret | null;
}

/** Where a connection leads to. */
export interface Destination {
  /** With a colon, as in a URL. */
  readonly protocol: string;
  /** A name or an address, without brackets. */
  readonly hostname: string;
  /** Empty = the protocol's own. */
  readonly port: string;
}

/** The proxy that a connection goes through; null = it is made directly. */
export type ProxyRules = (to: Destination) => ForwardProxy | null;

export interface ProxySettings {
  /** URLs that may hold a user and a password; undefined = no proxy for that protocol. */
  readonly http: Secret | undefined;
  readonly https: Secret | undefined;
  /** Hosts apart from the proxy: names with all below them, addresses, networks, each with `:port` or without; `*` = all. */
  readonly except: string | undefined;
}

export const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** This machine, and the addresses at which platforms hand out credentials, are behind no proxy. */
export function createProxyRules({ http, https, except = '' }: ProxySettings): ProxyRules {
  const proxies = new Map([
    ['http:', http && toProxy(http)],
    ['https:', https && toProxy(https)],
  ]);
  const exceptions = except
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(toException);
  return ({ protocol, hostname, port }) => {
    const proxy = proxies.get(protocol);
    if (!proxy) return null;
    const host = hostname.toLowerCase().replace(/\.$/, '');
    const isDirect =
      isOfThisMachine(host) ||
      exceptions.some((covers) => covers(host, port || (DEFAULT_PORTS[protocol] ?? '')));
    return isDirect ? null : proxy;
  };
}

function toProxy(url: Secret): ForwardProxy {
  const { origin, username, password } = new URL(url.reveal());
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    origin,
    authorization: username === '' ? null : createSecret(`Basic ${Buffer.from(pair).toString('base64')}`),
  };
}

type Exception = (host: string, port: string) => boolean;

function toException(entry: string): Exception {
  if (entry === '*') return () => true;
  if (ipaddr.isValidCIDR(entry)) {
    const [base, bits] = ipaddr.parseCIDR(entry);
    return (host) => {
      const address = toAddress(host);
      return address !== null && address.kind() === base.kind() && address.match(base, bits);
    };
  }
  // An address of version 6 without brackets is full of colons.
  const [, bare = entry, port] = ipaddr.isValid(entry)
    ? []
    : (/^\[?([^[\]]+?)\]?(?::(\d+))?$/.exec(entry) ?? []);
  const address = toAddress(bare);
  if (address) {
    const text = address.toString();
    return (host, at) => toAddress(host)?.toString() === text && (port === undefined || port === at);
  }
  const name = bare.replace(/^\*?\./, '');
  return (host, at) => (host === name || host.endsWith(`.${name}`)) && (port === undefined || port === at);
}

const toAddress = (host: string) => (ipaddr.isValid(host) ? ipaddr.process(host) : null);

function isOfThisMachine(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  const range = toAddress(host)?.range();
  return range === 'loopback' || range === 'linkLocal';
}
