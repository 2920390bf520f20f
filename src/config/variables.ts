// Every variable the gateway reads, described once: validation, defaults and the configuration reference come from here.

import { z } from 'zod';
import { createSecret } from '../core/secret.ts';
import { callbackAllowSchema, callbackSecretsSchema } from './callback-settings.ts';
import {
  clientKeys,
  httpUrl,
  LOG_LEVELS,
  networks,
  publicUrl,
  webhookSecrets,
  wholeNumber,
} from './formats.ts';

export const variables = {
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
  DRAIN_DELAY_MS: wholeNumber(0, 120_000, 'milliseconds')
    .default(0)
    .describe(
      'How long a stopping gateway answers 503 on `/readyz` while it still serves everything, so that load balancers take it out before it refuses connections.',
    ),
  SHUTDOWN_TIMEOUT_MS: wholeNumber(1_000, 600_000, 'milliseconds')
    .default(100_000)
    .describe(
      'How long a graceful shutdown may take after DRAIN_DELAY_MS. Above SUBMIT_TIMEOUT_MS, so that no submit is cut off in the middle.',
    ),
} as const;

export type Name = keyof typeof variables;
export type Config = { readonly [N in Name]: z.output<(typeof variables)[N]> };

/** Variables whose values are secret. Each can stand in a file instead, which `<NAME>_FILE` names. */
export const SECRET_NAMES = [
  'OPENROUTER_API_KEY',
  'OPENROUTER_WEBHOOK_SECRET',
  'DATABASE_URL',
  'CLIENT_KEYS',
  'OPERATOR_KEYS',
  'CALLBACK_SECRETS',
] as const satisfies readonly Name[];
