// Every variable the gateway reads, described once: validation, defaults and the README's table come from here.

import { z } from 'zod';
import { ANONYMOUS } from '../core/client.ts';
import { createSecret } from '../core/secret.ts';
import { callbackAllowSchema, callbackSecretsSchema } from './callback-settings.ts';

/** Decimal digits only: `Number` also takes a blank, `0x10` and `1e3`, which nobody means here. */
const wholeNumber = (min: number, max: number, unit = '') => {
  const message = `must be a whole number from ${min} to ${max}${unit && ` (${unit})`}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { message, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
};

const httpUrl = z
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
  return username || password || search || hash ? 'must not carry credentials, a query or a fragment' : null;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Where upstream reaches us: it delivers to https only, and so does anyone who has a secret in the path. */
const publicUrl = httpUrl.refine(
  (value) => new URL(value).protocol === 'https:' || LOOPBACK.test(new URL(value).hostname),
  'must be https (http only for this machine)',
);

/** Several while one replaces another. */
const webhookSecrets = z
  .string()
  .regex(/^[^\s,]{8,}( *, *[^\s,]{8,})*$/, 'must be secrets of at least 8 characters, separated by commas')
  .transform((value) => value.split(',').map((secret) => createSecret(secret.trim())));

const CLIENT_KEY_PATTERN = /^([A-Za-z0-9][\w.-]{0,63}):([0-9a-f]{64})$/;

/** `name:sha256hex,...` -> hash to client name. */
const clientKeys = z.string().transform((value, context) => {
  const byHash = new Map<string, string>();
  for (const [index, entry] of value.split(',').entries()) {
    const match = CLIENT_KEY_PATTERN.exec(entry.trim());
    if (!match?.[1] || !match[2]) {
      // The entry itself stays out of the message: it may hold a key pasted in place of its hash.
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

const NetworkSchema = z.union([z.cidrv4(), z.cidrv6()]);

/** `cidr,cidr,...`, in either version of IP. */
const networks = z.string().transform((value, context) => {
  const entries: readonly string[] = value.split(',').map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    if (NetworkSchema.safeParse(entry).success) continue;
    context.addIssue({ code: 'custom', message: `entry ${index + 1} is not a network such as 10.1.0.0/16` });
  }
  return entries;
});

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const variables = {
  HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on. `0.0.0.0` to be reachable from other machines.'),
  PORT: wholeNumber(0, 65_535).default(8080).describe('Port to listen on; 0 = any that is free.'),
  OPENROUTER_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,}$/, 'must be at least 8 visible ASCII characters without spaces')
    .transform(createSecret)
    .optional()
    .describe(
      'Key that pays. Without it `/models` and `/route` work, and `POST /jobs` answers 503 `upstream_key_missing`.',
    ),
  OPENROUTER_BASE_URL: httpUrl
    .default('https://openrouter.ai/api/v1')
    .describe('Where the video API is. Point it at the simulator to try things without spending.'),
  OPENROUTER_WEBHOOK_SECRET: webhookSecrets
    .optional()
    .describe(
      "Secret that signs OpenRouter's webhooks; several, separated by commas, while one replaces another. Without it the unguessable path alone says whose they are.",
    ),
  PUBLIC_URL: publicUrl
    .optional()
    .describe(
      'Where OpenRouter reaches this gateway, such as `https://clips.example.com`. Without it no webhook comes: a job whose submit was answered by nobody waits for an operator.',
    ),
  DATABASE_URL: z
    .string()
    .regex(
      /^(sqlite:.|postgres(ql)?:\/\/.)/,
      'must be sqlite:<file> or postgres://<user>:<password>@<host>:<port>/<database>',
    )
    .refine(
      (url) => !/^sqlite:(\/\/)?:memory:$/.test(url),
      'must be sqlite:<file> or postgres://...: in memory every job would be lost at every stop',
    )
    .default('sqlite:./data/clipgate.db')
    .describe(
      'Where jobs are remembered: a SQLite file that this process alone owns, or `postgres://user:password@host:port/database`, which any number of replicas share.',
    ),
  ARCHIVE_DIR: z
    .string()
    .min(1)
    .default('./data/clips')
    .describe('Folder where finished clips are kept. Replicas on one PostgreSQL share it as a volume.'),
  CLIENT_AUTH: z
    .enum(['keys', 'none'], 'must be keys or none')
    .default('keys')
    .describe(
      '`keys`: clients send `Authorization: Bearer <key>`. `none`: anybody who reaches the port may spend.',
    ),
  CLIENT_KEYS: clientKeys
    .optional()
    .describe(
      'Client keys as `name:sha256hex,...`, required unless CLIENT_AUTH=none; several keys may share a name while one replaces another.',
    ),
  OPERATOR_KEYS: clientKeys
    .optional()
    .describe(
      "Keys of those who may read and repair every client's jobs, as `name:sha256hex,...`. Without one nobody can decide a job that stays `submission_unknown`.",
    ),
  CALLBACK_SECRETS: callbackSecretsSchema
    .optional()
    .describe(
      'What callbacks to clients are signed with, as `client:whsec_base64,...` (24 to 64 random bytes; clients are those of CLIENT_KEYS, or `anonymous`). Two of one client sign together while one replaces the other. A client without one cannot use `callback_url`.',
    ),
  CALLBACK_ALLOW: callbackAllowSchema
    .optional()
    .describe(
      'Where callbacks may go, as `hooks.example.com,.example.org,10.20.0.0/16,...`: with hosts or suffixes to no other host, with networks to them beside public addresses. Plain http only to loopback addresses listed here. Unset: any public address over https.',
    ),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('How much is logged, as JSON lines on standard output.'),
  CATALOG_MAX_AGE_S: wholeNumber(1, 86_400, 'seconds')
    .default(300)
    .describe('Seconds after which the model catalog is fetched again (the old one is served meanwhile).'),
  QUALITY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON file with your own marks for quality, `{"<model id>": number}`, from 0 to 1 or on any positive scale. They beat the public benchmarks.',
    ),
  SUBMIT_TIMEOUT_MS: wholeNumber(61_000, 600_000, 'milliseconds')
    .default(90_000)
    .describe(
      'How long one submit may take. Never below 61 s: upstream gives up at 60 s, and giving up first would orphan a paid job.',
    ),
  POLL_MIN_MS: wholeNumber(10, 60_000, 'milliseconds')
    .default(1_000)
    .describe('Shortest time between two polls of one job.'),
  POLL_MAX_MS: wholeNumber(10, 600_000, 'milliseconds')
    .default(30_000)
    .describe('Longest time between two polls of one job.'),
  PREFLIGHT: z
    .enum(['on_request', 'always'], 'must be on_request or always')
    .default('on_request')
    .describe(
      'When the media URLs of a clip are looked at before it is bought: where the request says `preflight: true`, or always.',
    ),
  OUTBOUND_ALLOW: networks
    .optional()
    .describe(
      'Networks beside the public internet that URLs from clients may lead to, such as `10.1.0.0/16,fd12::/32`. None by default: whoever may send requests could otherwise look around inside.',
    ),
  SHUTDOWN_TIMEOUT_MS: wholeNumber(1_000, 600_000, 'milliseconds')
    .default(100_000)
    .describe(
      'How long a stop may take. Above SUBMIT_TIMEOUT_MS, so that no submit is cut off in the middle.',
    ),
} as const;

type Name = keyof typeof variables;
export type Config = { readonly [N in Name]: z.output<(typeof variables)[N]> };

/** What no variable can say about itself. A rule is only asked where every variable it names is sound. */
const RULES: readonly { readonly of: readonly Name[]; readonly check: (config: Config) => string | null }[] =
  [
    {
      of: ['CLIENT_KEYS', 'CLIENT_AUTH'],
      check: ({ CLIENT_AUTH, CLIENT_KEYS }) =>
        CLIENT_AUTH === 'keys' && !CLIENT_KEYS?.size
          ? 'is required: give at least one name:sha256hex, or say CLIENT_AUTH=none'
          : null,
    },
    {
      of: ['CLIENT_AUTH', 'CLIENT_KEYS'],
      check: ({ CLIENT_AUTH, CLIENT_KEYS }) =>
        CLIENT_AUTH === 'none' && CLIENT_KEYS
          ? 'is none although CLIENT_KEYS is set: say one or the other'
          : null,
    },
    {
      of: ['OPERATOR_KEYS', 'CLIENT_KEYS'],
      check: ({ OPERATOR_KEYS, CLIENT_KEYS }) =>
        [...(OPERATOR_KEYS?.keys() ?? [])].some((hash) => CLIENT_KEYS?.has(hash))
          ? 'has a key that is a client key too'
          : null,
    },
    {
      of: ['CALLBACK_SECRETS', 'CLIENT_AUTH', 'CLIENT_KEYS'],
      check: ({ CALLBACK_SECRETS, CLIENT_AUTH, CLIENT_KEYS }) => {
        const clients = new Set(CLIENT_AUTH === 'none' ? [ANONYMOUS] : CLIENT_KEYS?.values());
        const stranger = [...(CALLBACK_SECRETS?.keys() ?? [])].find((name) => !clients.has(name));
        return stranger === undefined ? null : `names ${stranger}, which is no client of this gateway`;
      },
    },
    {
      of: ['POLL_MAX_MS', 'POLL_MIN_MS'],
      check: ({ POLL_MAX_MS, POLL_MIN_MS }) =>
        POLL_MAX_MS < POLL_MIN_MS ? `must not be below POLL_MIN_MS, which is ${POLL_MIN_MS}` : null,
    },
    {
      of: ['SHUTDOWN_TIMEOUT_MS', 'SUBMIT_TIMEOUT_MS'],
      check: ({ SHUTDOWN_TIMEOUT_MS, SUBMIT_TIMEOUT_MS }) =>
        SHUTDOWN_TIMEOUT_MS <= SUBMIT_TIMEOUT_MS
          ? `must be above SUBMIT_TIMEOUT_MS, which is ${SUBMIT_TIMEOUT_MS}: a stop must not cut a submit off`
          : null,
    },
  ];

/** Thrown by `parseConfig`: one line per bad variable, never with the value it had. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Clipgate cannot start:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the configuration from environment variables. An empty variable counts as unset.
 * @throws ConfigError naming every bad variable at once.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, unknown> = {};
  const problems = new Map<string, string>();
  for (const [name, schema] of Object.entries(variables)) {
    const parsed = schema.safeParse(env[name] || undefined);
    if (parsed.success) values[name] = parsed.data;
    else problems.set(name, parsed.error.issues.map((issue) => issue.message).join(', '));
  }
  const config = values as Config;
  for (const { of, check } of RULES) {
    const [name] = of;
    const problem = of.some((one) => problems.has(one)) ? null : check(config);
    if (name && problem) problems.set(name, problem);
  }
  if (problems.size === 0) return config;
  throw new ConfigError([...problems].map(([name, problem]) => `${name} ${problem}`));
}

export interface VariableDoc {
  readonly name: string;
  /** Null where there is none. */
  readonly byDefault: string | null;
  readonly description: string;
}

/** Name, default and meaning of every variable, for the README's table. */
export function describeVariables(): VariableDoc[] {
  return Object.entries(variables).map(([name, schema]) => {
    const byDefault = schema.safeParse(undefined).data;
    return {
      name,
      byDefault: byDefault === undefined ? null : String(byDefault),
      description: schema.description ?? '',
    };
  });
}
