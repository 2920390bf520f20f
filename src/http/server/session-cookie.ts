// The cookie that a session's token travels in: for this host alone, out of reach of scripts and of other sites.

import type { FastifyReply, FastifyRequest } from 'fastify';

// `__Host-`: browsers take it over https alone, from this very host; no neighbour under the same domain can set it.
const SECURE_NAME = '__Host-clipgate_session';
const PLAIN_NAME = 'clipgate_session';

const findValue = (cookies: string, name: string): string | undefined =>
  new RegExp(`(?:^|;) *${name}=([\\w-]{43})(?=;|$)`).exec(cookies)?.[1];

/** The token that a browser sends, or null. */
export function readSessionToken({ headers, protocol }: FastifyRequest): string | null {
  const cookies = headers.cookie;
  if (cookies === undefined) return null;
  const plain = protocol === 'https' ? undefined : findValue(cookies, PLAIN_NAME);
  return findValue(cookies, SECURE_NAME) ?? plain ?? null;
}

const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';

/** True where the browser says that it reached this gateway over https, whatever a proxy made of it. */
const isSecure = ({ headers, protocol }: FastifyRequest): boolean =>
  protocol === 'https' || headers.origin?.startsWith('https:') === true;

const cookieOf = (request: FastifyRequest, token: string, lifeS: number): string => {
  const [name, secure] = isSecure(request) ? [SECURE_NAME, '; Secure'] : [PLAIN_NAME, ''];
  return `${name}=${token}; ${ATTRIBUTES}; Max-Age=${lifeS}${secure}`;
};

/** @param lifeS how long the browser keeps it. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string, lifeS: number) {
  reply.header('set-cookie', cookieOf(request, token, lifeS));
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply) {
  reply.header('set-cookie', cookieOf(request, '', 0));
}
