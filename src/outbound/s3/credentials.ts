// Credentials for S3: fixed ones, those of a container, or those of a web identity; renewed before they expire.

import { readFile } from 'node:fs/promises';
import { type Dispatcher, request } from 'undici';
import type { Secret } from '../../core/secret.ts';
import { createAgent, createConnector } from '../proxy/connector.ts';
import type { ProxyRules } from '../proxy/proxy-rules.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  /** Epoch milliseconds; null = never. */
  readonly expiresAt: number | null;
}

/** Where credentials come from. */
export type CredentialSource =
  | {
      readonly kind: 'fixed';
      readonly accessKeyId: Secret;
      readonly secretAccessKey: Secret;
      readonly sessionToken: Secret | null;
    }
  /** As Amazon ECS, and Amazon EKS with pod identities, hand them out. */
  | {
      readonly kind: 'container';
      readonly url: string;
      readonly token: Secret | null;
      /** Read again at every request: the platform replaces it. */
      readonly tokenFile: string | null;
    }
  /** As Amazon EKS with roles of service accounts hands them out. */
  | {
      readonly kind: 'web_identity';
      readonly roleArn: string;
      readonly tokenFile: string;
      /** Of the token service, such as `https://sts.eu-central-1.amazonaws.com`. */
      readonly stsUrl: string;
    };

// Longer than a presigned URL is good for: it dies with the credentials that signed it.
const RENEW_BEFORE_MS = 6 * 60_000;
const RETRY_AFTER_MS = 10_000;
const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Returns what yields the credentials of the moment. One request at a time renews them; where that fails, those that
 * are still valid are used on, and the next attempt waits ten seconds.
 * @param parts.clock epoch milliseconds. @param parts.proxyFor absent = the token service is asked directly.
 */
export function createCredentials(
  source: CredentialSource,
  parts: { readonly clock: () => number; readonly proxyFor?: ProxyRules },
): () => Promise<S3Credentials> {
  let held: S3Credentials | null = null;
  let renewing: Promise<S3Credentials> | null = null;
  let retryAt = 0;

  async function renew(): Promise<S3Credentials> {
    try {
      held = await fetchCredentials(source, parts.proxyFor ?? (() => null));
      return held;
    } catch (error) {
      retryAt = parts.clock() + RETRY_AFTER_MS;
      if (held?.expiresAt && held.expiresAt > parts.clock()) return held;
      throw error;
    } finally {
      renewing = null;
    }
  }

  return async () => {
    const now = parts.clock();
    if (held && (held.expiresAt === null || held.expiresAt - now > RENEW_BEFORE_MS)) return held;
    if (held?.expiresAt && held.expiresAt > now && now < retryAt) return held;
    renewing ??= renew();
    return renewing;
  };
}

async function fetchCredentials(source: CredentialSource, proxyFor: ProxyRules): Promise<S3Credentials> {
  switch (source.kind) {
    case 'fixed':
      return {
        accessKeyId: source.accessKeyId.reveal(),
        secretAccessKey: source.secretAccessKey.reveal(),
        sessionToken: source.sessionToken?.reveal() ?? null,
        expiresAt: null,
      };
    case 'container':
      return fetchFromContainer(source, proxyFor);
    case 'web_identity':
      return assumeRole(source, proxyFor);
  }
}

async function fetchFromContainer(
  source: Extract<CredentialSource, { kind: 'container' }>,
  proxyFor: ProxyRules,
): Promise<S3Credentials> {
  const token = source.tokenFile ? await readToken(source.tokenFile) : source.token?.reveal();
  const text = await fetchText(proxyFor, 'GET', source.url, token ? { authorization: token } : {});
  return readCredentials(parseJson(text), ['AccessKeyId', 'SecretAccessKey', 'Token']);
}

async function assumeRole(
  source: Extract<CredentialSource, { kind: 'web_identity' }>,
  proxyFor: ProxyRules,
): Promise<S3Credentials> {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: source.roleArn,
    RoleSessionName: 'clipgate',
    WebIdentityToken: await readToken(source.tokenFile),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const xml = await fetchText(proxyFor, 'POST', source.stsUrl, headers, form.toString());
  const members = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map(
    (name) => [name, new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]] as const,
  );
  return readCredentials(Object.fromEntries(members), ['AccessKeyId', 'SecretAccessKey', 'SessionToken']);
}

/** @throws Error without a word of the answer, which is secret. */
async function fetchText(
  proxyFor: ProxyRules,
  method: 'GET' | 'POST',
  url: string,
  headers: Record<string, string>,
  body?: string,
): Promise<string> {
  const agent = createAgent(createConnector(proxyFor, { connectMs: TIMEOUT_MS }), TIMEOUT_MS);
  try {
    const response = await request(url, {
      dispatcher: agent,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await readText(response);
  } finally {
    // Asked once an hour: no connection is kept for it.
    await agent.destroy();
  }
}

/** @throws Error for every status but 200. */
async function readText(response: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer with S3 credentials is too long');
    chunks.push(chunk);
  }
  if (response.statusCode !== 200) {
    throw new Error(`the request for S3 credentials was answered with ${response.statusCode}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readToken(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the answer.
    throw new Error('the answer with S3 credentials is not JSON');
  }
}

function readCredentials(answer: unknown, [id, key, token]: [string, string, string]): S3Credentials {
  const member = (name: string): string | null => {
    const value: unknown = Object(answer)[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const [accessKeyId, secretAccessKey] = [member(id), member(key)];
  if (accessKeyId === null || secretAccessKey === null) {
    throw new Error('the answer with S3 credentials has no access key');
  }
  const expiration = member('Expiration');
  const expiresAt = expiration === null ? null : Date.parse(expiration);
  if (Number.isNaN(expiresAt)) throw new Error('the answer with S3 credentials has an unreadable expiration');
  return { accessKeyId, secretAccessKey, sessionToken: member(token), expiresAt };
}
