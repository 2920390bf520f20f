// The forms that values of variables have: numbers, URLs, keys, networks. No message repeats a value.

import { z } from 'zod';
import { createSecret, type Secret } from '../core/secret.ts';

/** Decimal digits only: `Number` also accepts a blank, `0x10` and `1e3`. */
export const wholeNumber = (min: number, max: number, unit = '') => {
  const message = `must be a whole number from ${min} to ${max}${unit && ` (${unit})`}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { message, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
};

export const httpUrl = z
  .string()
  .superRefine((value, context) => {
    const fault = findUrlFault(value);
    if (fault) context.addIssue({ code: 'custom', message: fault });
  })
  .transform((value) => value.replace(/\/+$/, ''));

function findUrlFault(value: string): string | null {
  if (!URL.canParse(value)) return 'must be an http(s) URL';
  const { protocol, username, password, search, hash } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must be an http(s) URL';
  return username || password || search || hash
    ? 'must not contain credentials, a query or a fragment'
    : null;
}

/** As other programs read it: the password stands in it, so that it is secret as a whole. */
export const proxyUrl = z
  .string()
  .refine(isProxyUrl, 'must be http(s)://<host>:<port> or http(s)://<user>:<password>@<host>:<port>')
  .transform(createSecret);

function isProxyUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, pathname, search, hash, username, password } = new URL(value);
  if (!['http:', 'https:'].includes(protocol) || pathname !== '/' || search || hash) return false;
  return isDecodable(`${username}${password}`);
}

/** `name=value,...`, the values percent-encoded, as OpenTelemetry writes headers. @throws URIError for a wrong `%`. */
export const parseOtlpHeaders = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(',').flatMap((entry) => {
      const at = entry.indexOf('=');
      return at < 1 ? [] : [[entry.slice(0, at).trim(), decodeURIComponent(entry.slice(at + 1).trim())]];
    }),
  );

const OTLP_HEADERS = /^( *[\w-]+ *=([\x20-\x24\x26-\x2b\x2d-\x7e]|%[0-9a-fA-F]{2})*(,|$))+$/;

/** A token stands in them, so that they are secret as a whole. */
export const otlpHeaders = z
  .string()
  .regex(OTLP_HEADERS, 'must be name=value,... with the values percent-encoded')
  .refine(isDecodable, 'must be name=value,... with the values percent-encoded')
  .transform(createSecret);

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export const TRACE_SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** From 0 to 1. */
export const ratio = z
  .string()
  .regex(/^(0|1|[01]?\.\d{1,9})$/, 'must be a number from 0 to 1')
  .transform(Number)
  .refine((value) => value <= 1, 'must be a number from 0 to 1');

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** OpenRouter delivers webhooks to https only, and the path contains a secret. */
export const publicUrl = httpUrl.refine(
  (value) => new URL(value).protocol === 'https:' || LOOPBACK.test(new URL(value).hostname),
  'must be an https URL (http is accepted for loopback addresses only)',
);

const MAX_ORIGINS = 100;

/** `https://app.example.com,...`: each exactly as a browser writes it in `Origin`. */
export const corsOrigins = z.string().transform((value, context) => {
  const entries = value.split(',').map((entry) => entry.trim());
  const complain = (message: string) => context.addIssue({ code: 'custom', message });
  if (entries.length > MAX_ORIGINS) complain(`must be at most ${MAX_ORIGINS} origins`);
  for (const [index, entry] of entries.entries()) {
    const fault = findOriginFault(entry);
    if (fault !== null) complain(`entry ${index + 1} ${fault}`);
  }
  return entries;
});

function findOriginFault(entry: string): string | null {
  if (entry.includes('*')) return 'has a *: name each origin, because each is trusted with keys';
  if (!URL.canParse(entry)) return 'must be an origin such as https://app.example.com';
  const { protocol, origin } = new URL(entry);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must be an http(s) origin';
  if (origin === entry) return null;
  return 'must be an origin as browsers write it: scheme, host in lower case and port where it is not the usual one, without a path';
}

/** One word that no log line shows. */
export const secretText = z
  .string()
  .regex(/^[\x21-\x7e]{1,8192}$/, 'must be visible ASCII characters without spaces')
  .transform(createSecret);

/** Several during a rotation. */
export const webhookSecrets = z
  .string()
  .regex(
    /^[^\s,]{8,}( *, *[^\s,]{8,})*$/,
    'must be one or more secrets of at least 8 characters each, separated by commas',
  )
  .transform((value) => value.split(',').map((secret) => createSecret(secret.trim())));

/** As many as there are during a rotation; the first is the present one. */
export const secretsKeys = z
  .string()
  .regex(
    /^[^\s,]{32,}( *, *[^\s,]{32,})*$/,
    'must be one or more keys of at least 32 characters each, separated by commas',
  )
  .transform((value): readonly [Secret, ...Secret[]] => {
    const [first = '', ...others] = value.split(',').map((key) => key.trim());
    return [createSecret(first), ...others.map(createSecret)];
  });

const CLIENT_KEY_PATTERN = /^([A-Za-z0-9][\w.-]{0,63}):([0-9a-f]{64})$/;

/** `name:sha256hex,...` -> hash to client name. */
export const clientKeys = z.string().transform((value, context) => {
  const byHash = new Map<string, string>();
  for (const [index, entry] of value.split(',').entries()) {
    const match = CLIENT_KEY_PATTERN.exec(entry.trim());
    if (!match?.[1] || !match[2]) {
      // The message omits the entry: it may be a key, pasted in place of its hash.
      context.addIssue({
        code: 'custom',
        message: `entry ${index + 1} is not name:sha256 (64 lower-case hex digits)`,
      });
    } else if (byHash.has(match[2])) {
      context.addIssue({ code: 'custom', message: `entry ${index + 1} repeats the key of an earlier entry` });
    } else byHash.set(match[2], match[1]);
  }
  return byHash as ReadonlyMap<string, string>;
});

const OPERATOR_KEY_PATTERN = /^([A-Za-z0-9][\w.-]{0,63}):([0-9a-f]{64})(:read)?$/;

export interface OperatorKey {
  readonly name: string;
  /** True for an auditor: may see what operators see, and change nothing. */
  readonly readOnly: boolean;
}

/** `name:sha256hex[:read],...` -> hash to operator. */
export const operatorKeys = z.string().transform((value, context) => {
  const byHash = new Map<string, OperatorKey>();
  for (const [index, entry] of value.split(',').entries()) {
    const match = OPERATOR_KEY_PATTERN.exec(entry.trim());
    if (!match?.[1] || !match[2]) {
      context.addIssue({
        code: 'custom',
        message: `entry ${index + 1} is not name:sha256 (64 lower-case hex digits) or name:sha256:read`,
      });
    } else if (byHash.has(match[2])) {
      context.addIssue({ code: 'custom', message: `entry ${index + 1} repeats the key of an earlier entry` });
    } else byHash.set(match[2], { name: match[1], readOnly: match[3] !== undefined });
  }
  return byHash as ReadonlyMap<string, OperatorKey>;
});

const NetworkSchema = z.union([z.cidrv4(), z.cidrv6()]);

/** `cidr,cidr,...`, in either version of IP. */
export const networks = z.string().transform((value, context) => {
  const entries: readonly string[] = value.split(',').map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    if (NetworkSchema.safeParse(entry).success) continue;
    context.addIssue({ code: 'custom', message: `entry ${index + 1} is not a network such as 10.1.0.0/16` });
  }
  return entries;
});

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const ALIAS_ENTRY = /^([\w.:/-]{1,64})=([a-z0-9][\w.-]{0,63}\/[\w.:-]{1,127})$/i;

/** `name=model,...` -> model by name. */
export const modelAliases = z.string().transform((value, context) => {
  const byName = new Map<string, string>();
  for (const [index, entry] of value.split(',').entries()) {
    const [, name, model] = ALIAS_ENTRY.exec(entry.trim()) ?? [];
    if (!name || !model) {
      const message = `entry ${index + 1} is not name=author/model such as sora-2=openai/sora-2-pro`;
      context.addIssue({ code: 'custom', message });
    } else if (byName.has(name)) {
      context.addIssue({
        code: 'custom',
        message: `entry ${index + 1} repeats the name of an earlier entry`,
      });
    } else byName.set(name, model);
  }
  return byName as ReadonlyMap<string, string>;
});
