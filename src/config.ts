// Every variable the gateway reads, described once: validation, defaults and the README's table come from here.

import { z } from 'zod';
import { createSecret } from './core/secret.ts';

const seconds = (min: number, max: number) => z.coerce.number().min(min).max(max);
const milliseconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const httpUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'must be an http(s) URL',
  )
  .refine((value) => {
    const { username, password, search, hash } = new URL(value);
    return !username && !password && !search && !hash;
  }, 'must not carry credentials, a query or a fragment')
  .transform((value) => value.replace(/\/+$/, ''));

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

/** `cidr,cidr,...`, in either version of IP. */
const networks = z
  .string()
  .transform((value) => value.split(',').map((entry) => entry.trim()))
  .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()], 'must be networks such as 10.1.0.0/16')));

const variables = {
  HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on. `0.0.0.0` to be reachable from other machines.'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8080).describe('Port to listen on.'),
  OPENROUTER_API_KEY: z
    .string()
    .min(8)
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces')
    .transform(createSecret)
    .optional()
    .describe(
      'Key that pays. Without it `/models` and `/route` work, and `POST /jobs` answers 503 `upstream_key_missing`.',
    ),
  OPENROUTER_BASE_URL: httpUrl
    .default('https://openrouter.ai/api/v1')
    .describe('Where the video API is. Point it at the simulator to try things without spending.'),
  DATABASE_URL: z
    .string()
    .regex(/^sqlite:.+/, 'must be sqlite:<file>')
    .default('sqlite:./data/clipgate.db')
    .describe('Where jobs are remembered.'),
  ARCHIVE_DIR: z.string().min(1).default('./data/clips').describe('Folder where finished clips are kept.'),
  CLIENT_AUTH: z
    .enum(['keys', 'none'])
    .default('keys')
    .describe(
      '`keys`: clients send `Authorization: Bearer <key>`. `none`: anybody who reaches the port may spend.',
    ),
  CLIENT_KEYS: clientKeys
    .optional()
    .describe(
      'Client keys as `name:sha256hex,...`; several keys may share a name while one replaces another.',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged, as JSON lines on standard output.'),
  CATALOG_MAX_AGE_S: seconds(1, 86_400)
    .default(300)
    .describe('Seconds after which the model catalog is fetched again (the old one is served meanwhile).'),
  SUBMIT_TIMEOUT_MS: milliseconds(61_000, 600_000)
    .default(90_000)
    .describe(
      'How long one submit may take. Never below 61 s: upstream gives up at 60 s, and giving up first would orphan a paid job.',
    ),
  POLL_MIN_MS: milliseconds(10, 60_000)
    .default(1_000)
    .describe('Shortest time between two polls of one job.'),
  POLL_MAX_MS: milliseconds(10, 600_000)
    .default(30_000)
    .describe('Longest time between two polls of one job.'),
  PREFLIGHT: z
    .enum(['on_request', 'always'])
    .default('on_request')
    .describe(
      'When the media URLs of a clip are looked at before it is bought: where the request says `preflight: true`, or always.',
    ),
  OUTBOUND_ALLOW: networks
    .optional()
    .describe(
      'Networks beside the public internet that URLs from clients may lead to, such as `10.1.0.0/16,fd12::/32`. None by default: whoever may send requests could otherwise look around inside.',
    ),
  SHUTDOWN_TIMEOUT_MS: milliseconds(1_000, 600_000)
    .default(100_000)
    .describe(
      'How long a stop may take. Above SUBMIT_TIMEOUT_MS, so that no submit is cut off in the middle.',
    ),
} as const;

const ConfigSchema = z.object(variables).superRefine((config, context) => {
  const fault = (name: keyof typeof variables, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (config.CLIENT_AUTH === 'keys' && !config.CLIENT_KEYS?.size) {
    fault('CLIENT_KEYS', 'is required: give at least one name:sha256hex, or say CLIENT_AUTH=none');
  }
  if (config.CLIENT_AUTH === 'none' && config.CLIENT_KEYS) {
    fault('CLIENT_AUTH', 'is none although CLIENT_KEYS is set: say one or the other');
  }
  if (config.POLL_MAX_MS < config.POLL_MIN_MS) fault('POLL_MAX_MS', 'must not be below POLL_MIN_MS');
});

export type Config = z.infer<typeof ConfigSchema>;

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
  const given = Object.fromEntries(
    Object.keys(variables).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const parsed = ConfigSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

export interface VariableDoc {
  readonly name: string;
  readonly byDefault: string | null;
  readonly description: string;
}

/** Name, default and meaning of every variable, for the README's table. */
export function describeVariables(): VariableDoc[] {
  const defaults: Readonly<Record<string, unknown>> = ConfigSchema.parse({ CLIENT_AUTH: 'none' });
  return Object.entries(variables).map(([name, schema]) => ({
    name,
    byDefault: name === 'CLIENT_AUTH' ? 'keys' : defaults[name] === undefined ? null : String(defaults[name]),
    description: schema.description ?? '',
  }));
}
