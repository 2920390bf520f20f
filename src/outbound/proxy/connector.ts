// Opens connections, through the operator's proxy where its rules say so: a tunnel (CONNECT), and TLS with the host inside.

import type { LookupFunction, Socket } from 'node:net';
import { Agent, buildConnector, Client } from 'undici';
import { DEFAULT_PORTS, type Destination, type ForwardProxy, type ProxyRules } from './proxy-rules.ts';

export type Connector = buildConnector.connector;

export interface ConnectorOptions {
  /** For each of: the connection to the proxy, its answer, the connection to the host or TLS with it. */
  readonly connectMs: number;
  /** Finds the addresses of names; the system's resolver unless given. A name behind a proxy is found by the proxy. */
  readonly lookup?: LookupFunction;
  /** PEM certificates trusted in place of the runtime's own. */
  readonly ca?: readonly string[];
}

/**
 * Hands out a socket only once it leads to the host itself: whatever fails before, the proxy's refusal included, has sent
 * the host nothing. Errors of the proxy have a `code` that begins with `PROXY_`; none names it, or its password.
 */
export function createConnector(
  proxyFor: ProxyRules,
  { connectMs, lookup, ca }: ConnectorOptions,
): Connector {
  const direct = buildConnector({
    timeout: connectMs,
    ...(lookup ? { lookup } : {}),
    ...(ca ? { ca: [...ca] } : {}),
  });

  async function openTunnel(proxy: ForwardProxy, to: Destination): Promise<Socket> {
    const authority = authorityOf(to);
    const client = new Client(proxy.origin, {
      connect: { timeout: connectMs, ...(lookup ? { lookup } : {}) },
      headersTimeout: connectMs,
    });
    try {
      const { statusCode, socket } = await client.connect({
        path: authority,
        headers: {
          host: authority,
          ...(proxy.authorization ? { 'proxy-authorization': proxy.authorization.reveal() } : {}),
        },
        signal: AbortSignal.timeout(2 * connectMs),
      });
      if (statusCode >= 200 && statusCode < 300) return socket as Socket;
      socket.on('error', () => undefined).destroy();
      throw Object.assign(new Error(`the proxy answered ${statusCode}`), { code: `ANSWERED_${statusCode}` });
    } catch (thrown) {
      throw asProxyError(thrown);
    } finally {
      // It has given the tunnel's socket away; what is left of it is closed.
      client.destroy().catch(() => undefined);
    }
  }

  return (options, done) => {
    const proxy = proxyFor({ ...options, port: options.port ?? '' });
    if (!proxy) return direct(options, done);
    openTunnel(proxy, { ...options, port: options.port ?? '' }).then(
      (socket) => {
        if (options.protocol !== 'https:') return done(null, socket);
        try {
          direct({ ...options, httpSocket: socket }, done);
        } catch (error) {
          socket.destroy();
          done(error as Error, null);
        }
      },
      (error: Error) => done(error, null),
    );
  };
}

/** An Agent for a URL of the operator's own, which needs no guard. The caller closes it. */
export const createAgent = (connect: Connector, answerMs: number): Agent =>
  new Agent({ connect, headersTimeout: answerMs, bodyTimeout: answerMs });

function authorityOf({ protocol, hostname, port }: Destination): string {
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
  return `${host}:${port || (DEFAULT_PORTS[protocol] ?? '')}`;
}

function asProxyError(thrown: unknown): Error {
  const { code, name } = (thrown ?? {}) as { code?: unknown; name?: unknown };
  const label = typeof code === 'string' ? code : String(name);
  return Object.assign(new Error('the proxy cannot be used', { cause: thrown }), { code: `PROXY_${label}` });
}
