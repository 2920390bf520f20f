// An undici Agent for URLs that clients name: it connects to public addresses and to nothing else.
//
// It belongs to `outbound` because every socket the gateway opens to others is opened there. It prevents SSRF
// with any URL: the guard sits where the socket is made, behind every notation, redirect and DNS trick.

import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import { createNameResolver, type ResolveAll } from './name-resolver.ts';
import type { AddressTest } from './public-address.ts';

/**
 * The one error of the guard. Its text is always the same: which address, which port and whether something answers
 * there is exactly what a caller may not learn.
 */
export class BlockedAddressError extends Error {
  readonly code = 'ERR_BLOCKED_ADDRESS';
  constructor() {
    super('the URL does not lead to a public address');
    this.name = 'BlockedAddressError';
  }
}

type Connector = buildConnector.connector;

export interface GuardedAgentParts {
  /** Which addresses may be connected to. */
  readonly isAllowed: AddressTest;
  /** Apart from the system's threads unless given; see `createNameResolver`. */
  readonly resolve?: ResolveAll;
  /** Makes the connector that opens sockets with the guarded lookup; undici's own unless given. */
  readonly createConnector?: (lookup: LookupFunction) => Connector;
}

export interface GuardedAgentOptions {
  readonly connectMs: number;
  /** Longest wait for headers, and longest silence in a body. */
  readonly answerMs: number;
  /** A body that is longer is cut with an error. */
  readonly maxBodyBytes: number;
  /** PEM certificates trusted beside the runtime's own. */
  readonly trust?: readonly string[];
}

const MAX_HEADER_BYTES = 16 * 1024;
// Enough for the pictures of one clip, too few to overload the server that has them.
const CONNECTIONS_PER_ORIGIN = 4;

/** The caller closes it. Requests through it fail with `BlockedAddressError` before a byte is sent. */
export function createGuardedAgent(parts: GuardedAgentParts, options: GuardedAgentOptions): Agent {
  return new Agent({
    connect: createGuardedConnector(parts, options),
    connections: CONNECTIONS_PER_ORIGIN,
    headersTimeout: options.answerMs,
    bodyTimeout: options.answerMs,
    maxResponseSize: options.maxBodyBytes,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
}

function createGuardedConnector(parts: GuardedAgentParts, options: GuardedAgentOptions): Connector {
  const { isAllowed, resolve = createNameResolver({ timeoutMs: options.connectMs }) } = parts;

  /** All answers must be allowed: a name that is half inside is a trap, and which half is met would be chance. */
  const lookup: LookupFunction = (hostname, { all, ...rest }, done) => {
    resolve(hostname, { ...rest, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isAllowed(address))) {
        return done(new BlockedAddressError(), []);
      }
      // The socket is opened to these very answers: the name is not looked up a second time, so it cannot change.
      if (all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };

  const connect = parts.createConnector
    ? parts.createConnector(lookup)
    : buildConnector({
        lookup,
        timeout: options.connectMs,
        autoSelectFamily: true,
        ...(options.trust ? { ca: [...rootCertificates, ...options.trust] } : {}),
      });

  return (target, done) => {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    // A literal address never meets the lookup.
    if (isIP(host) && !isAllowed(host)) return done(new BlockedAddressError(), null);
    connect(target, (...[error, socket]) => {
      if (error) return done(error, null);
      // What the socket says of itself is the last word, whatever resolver or proxy stood in between.
      if (isAllowed(socket.remoteAddress ?? '')) return done(null, socket);
      socket.destroy();
      done(new BlockedAddressError(), null);
    });
  };
}
