// Every variable the gateway reads, described once: validation, defaults and the configuration reference come from here.

import { z } from 'zod';
import { createSecret } from '../core/secret.ts';
import { archiveUrl, containerCredentialsUrl } from './archive-url.ts';
import { callbackAllowSchema, callbackSecretsSchema } from './callback-settings.ts';
import {
  clientKeys,
  corsOrigins,
  httpUrl,
  LOG_LEVELS,
  modelAliases,
  networks,
  operatorKeys,
  otlpHeaders,
  proxyUrl,
  publicUrl,
  ratio,
  secretsKeys,
  secretText,
  TRACE_SAMPLERS,
  webhookSecrets,
  wholeNumber,
} from './formats.ts';

export const variables = {
  HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on; `0.0.0.0` accepts connections from other machines.'),
  PORT: wholeNumber(0, 65_535).default(8080).describe('Port to listen on; 0 selects a free port.'),
  METRICS_PORT: wholeNumber(1, 65_535)
    .optional()
    .describe(
      'Port that serves `GET /metrics` without a key, on HOST: reachable for the scraper alone. Without it `/metrics` is on PORT, for operators, auditors and METRICS_KEY.',
    ),
  METRICS_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of a key (64 lower-case hex digits)')
    .optional()
    .describe('SHA-256 of a key that may read `/metrics` and nothing else, in hex.'),
  OPENROUTER_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,}$/, 'must be at least 8 visible ASCII characters without spaces')
    .transform(createSecret)
    .optional()
    .describe(
      'OpenRouter key that pays for clips. Without it `/models` and `/route` work, and `POST /jobs` answers 503 `upstream_key_missing`.',
    ),
  OPENROUTER_BASE_URL: httpUrl
    .default('https://openrouter.ai/api/v1')
    .describe("Base URL of OpenRouter's API. Use the simulator's URL to try things without spending."),
  OPENROUTER_WEBHOOK_SECRET: webhookSecrets
    .optional()
    .describe(
      "Secret that signs OpenRouter's webhooks; several, separated by commas, during a rotation. Without it, only the unguessable path authenticates a webhook.",
    ),
  PUBLIC_URL: publicUrl
    .optional()
    .describe(
      'Public URL of this gateway for webhooks from OpenRouter, such as `https://clips.example.com`. Without it, a job whose submit has an unknown outcome waits for an operator.',
    ),
  DATABASE_URL: z
    .string()
    .regex(
      /^(sqlite:.|postgres(ql)?:\/\/.)/,
      'must be sqlite:<file> or postgres://<user>:<password>@<host>:<port>/<database>',
    )
    .refine(
      (url) => !/^sqlite:(\/\/)?:memory:$/.test(url),
      'must be sqlite:<file> or postgres://...: a database in memory would lose every job at shutdown',
    )
    .default('sqlite:./data/clipgate.db')
    .describe(
      'Database of jobs: `sqlite:<file>`, owned by one process, or `postgres://user:password@host:port/database`, shared by any number of replicas.',
    ),
  ARCHIVE_DIR: z
    .string()
    .min(1)
    .default('./data/clips')
    .describe(
      'Folder of the clip archive. Replicas on one PostgreSQL share it as a volume. Where ARCHIVE_URL names a bucket, clips only pass through here, and each replica has a folder of its own.',
    ),
  ARCHIVE_URL: archiveUrl
    .optional()
    .describe(
      'Where clips are kept in place of ARCHIVE_DIR: `s3://<bucket>/<prefix>?region=<region>`, with `&endpoint=https://...` for a server other than Amazon S3, or `file:<folder>`.',
    ),
  ARCHIVE_MAX_BYTES: wholeNumber(1, 999_999_999_999_999, 'bytes')
    .optional()
    .describe(
      'Bytes that all archived clips may have together; beyond it the oldest are removed. Unset: no limit.',
    ),
  RETENTION_CLIP_DAYS: wholeNumber(1, 36_500, 'days')
    .optional()
    .describe('Days after the end of a job at which its clips are removed from the archive. Unset: kept.'),
  RETENTION_REQUEST_DAYS: wholeNumber(1, 36_500, 'days')
    .optional()
    .describe(
      'Days after the end of a job at which its prompt, media and options are erased. Model, duration, resolution, cost and times stay. Unset: kept.',
    ),
  CONTENT_REDIRECT: z
    .enum(['off', 'presigned'], 'must be off or presigned')
    .default('off')
    .describe(
      '`presigned`: `GET /jobs/{id}/content` answers 302 to a URL of the bucket that is valid for five minutes, instead of passing the clip through. Needs ARCHIVE_URL with a bucket that clients can reach.',
    ),
  AWS_ACCESS_KEY_ID: secretText
    .optional()
    .describe('Access key for the bucket of ARCHIVE_URL; with AWS_SECRET_ACCESS_KEY.'),
  AWS_SECRET_ACCESS_KEY: secretText
    .optional()
    .describe(
      'Secret of AWS_ACCESS_KEY_ID. Without the two, credentials come from the platform and are renewed.',
    ),
  AWS_SESSION_TOKEN: secretText
    .optional()
    .describe('Session token of temporary AWS_ACCESS_KEY_ID; not renewed.'),
  AWS_REGION: z
    .string()
    .regex(/^[a-z0-9-]{2,32}$/, 'must be a region such as eu-central-1')
    .optional()
    .describe('Region of the bucket where ARCHIVE_URL names none.'),
  AWS_CONTAINER_CREDENTIALS_FULL_URI: containerCredentialsUrl
    .optional()
    .describe('Where to get credentials for the bucket; set by Amazon EKS for pod identities.'),
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, 'must be a path')
    .optional()
    .describe('The same as a path at 169.254.170.2; set by Amazon ECS for task roles.'),
  AWS_CONTAINER_AUTHORIZATION_TOKEN: secretText
    .optional()
    .describe('Sent as `Authorization` where credentials are got from a container endpoint.'),
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with that token, read again whenever credentials are renewed.'),
  AWS_ROLE_ARN: z
    .string()
    .regex(/^arn:[\x21-\x7e]+$/, 'must be the ARN of a role')
    .optional()
    .describe(
      'Role to take on with AWS_WEB_IDENTITY_TOKEN_FILE; set by Amazon EKS for roles of service accounts.',
    ),
  AWS_WEB_IDENTITY_TOKEN_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the token that AWS_ROLE_ARN is taken on with, read again whenever credentials are renewed.',
    ),
  CONTENT_LINKS: z
    .enum(['authenticated', 'signed'], 'must be authenticated or signed')
    .default('authenticated')
    .describe(
      'Links to clips in answers: `authenticated` (a key is needed) or `signed` (anyone with the link can play that one clip until it expires). A job can be asked for with `links=signed` either way.',
    ),
  CONTENT_LINK_TTL_S: wholeNumber(300, 86_400, 'seconds')
    .default(3_600)
    .describe('Seconds for which a signed link to a clip is valid.'),
  CLIENT_AUTH: z
    .enum(['keys', 'none'], 'must be keys or none')
    .default('keys')
    .describe(
      '`keys`: clients send `Authorization: Bearer <key>`. `none`: no authentication; every client that can connect can spend.',
    ),
  CLIENT_KEYS: clientKeys
    .optional()
    .describe(
      'Client keys as `name:sha256hex,...`, required unless CLIENT_AUTH=none. Several keys may share a name during a rotation.',
    ),
  OPERATOR_KEYS: operatorKeys
    .optional()
    .describe(
      "Operator keys, which can read and reconcile every client's jobs, as `name:sha256hex,...`. `name:sha256hex:read` is an auditor's key, which can read the same and change nothing. Without an operator key, a job in `submission_unknown` cannot be resolved by hand.",
    ),
  CALLBACK_SECRETS: callbackSecretsSchema
    .optional()
    .describe(
      'Secrets that sign callbacks to clients, as `client:whsec_base64,...` (24 to 64 random bytes; clients are those of CLIENT_KEYS, or `anonymous`). With two secrets of one client, for a rotation, callbacks carry both signatures. A client without a secret cannot use `callback_url`.',
    ),
  SECRETS_KEY: secretsKeys
    .optional()
    .describe(
      'Key that encrypts the callback secrets of `PUT /clients/{name}` in the database (AES-256-GCM, derived by HKDF): at least 32 characters, such as of `openssl rand -base64 32`. During a rotation `new,old`: the first encrypts, each decrypts. Without it, only CALLBACK_SECRETS sign callbacks.',
    ),
  CALLBACK_ALLOW: callbackAllowSchema
    .optional()
    .describe(
      'Allowed targets of callbacks, as `hooks.example.com,.example.org,10.20.0.0/16,...`. Hosts and suffixes restrict callbacks to them; networks are allowed in addition to public addresses. Plain http is allowed only to loopback addresses listed here. Unset: any public address over https.',
    ),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('Log level of the JSON lines on standard output.'),
  LOG_FORMAT: z
    .enum(['pino', 'ecs'], 'must be pino or ecs')
    .default('pino')
    .describe('Names of the fields of log lines: `pino`, or `ecs` for the Elastic Common Schema.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl
    .optional()
    .describe(
      'Base URL of an OpenTelemetry collector, such as `http://collector:4318`: traces are sent to its `/v1/traces` as OTLP over HTTP in JSON. Unset: no traces, and nothing of OpenTelemetry is loaded.',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders
    .optional()
    .describe('Headers for the collector, as `authorization=Bearer%20<token>,...`.'),
  OTEL_TRACES_SAMPLER: z
    .enum(TRACE_SAMPLERS, `must be one of ${TRACE_SAMPLERS.join(', ')}`)
    .default('parentbased_always_on')
    .describe(
      'Which traces are recorded, in the words of OpenTelemetry. The end of a job is recorded where its order was.',
    ),
  OTEL_TRACES_SAMPLER_ARG: ratio
    .default(1)
    .describe('Share of traces that `traceidratio` and `parentbased_traceidratio` record, from 0 to 1.'),
  OTEL_SERVICE_NAME: z
    .string()
    .min(1)
    .max(255)
    .default('clipgate')
    .describe('`service.name` of traces. OTEL_RESOURCE_ATTRIBUTES adds attributes.'),
  ALARM_WEBHOOK_URL: httpUrl
    .optional()
    .describe(
      'URL that is called once when an alarm begins and once when it is over, signed with ALARM_WEBHOOK_SECRET as callbacks are. Private addresses must be in OUTBOUND_ALLOW.',
    ),
  ALARM_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
    .transform(createSecret)
    .optional()
    .describe('Secret that signs calls of ALARM_WEBHOOK_URL: `whsec_` and 24 to 64 bytes in base64.'),
  MODEL_ALIASES: modelAliases
    .optional()
    .describe(
      "Names for models in OpenAI's API under `/v1`, as `sora-2=openai/sora-2-pro,...`; a name may also stand for `clipgate/auto`, `fast`, `cheap` or `best`.",
    ),
  CATALOG_MAX_AGE_S: wholeNumber(1, 86_400, 'seconds')
    .default(300)
    .describe('Seconds after which the model catalog is refreshed; the old one is served meanwhile.'),
  QUALITY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON file with your own quality scores, `{"<model id>": number}`, from 0 to 1 or on any positive scale. They take precedence over public benchmarks.',
    ),
  SUBMIT_TIMEOUT_MS: wholeNumber(61_000, 600_000, 'milliseconds')
    .default(90_000)
    .describe(
      'Timeout of one submit. At least 61 s: OpenRouter times out after 60 s, and an earlier timeout could orphan a paid job.',
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
      'When the media URLs of a clip are checked before it is bought: `on_request` (`preflight: true`) or `always`.',
    ),
  MAX_WAIT_S: wholeNumber(1, 600, 'seconds')
    .default(50)
    .describe(
      'The longest that a request waits: `Prefer: wait`, and a `POST /jobs` whose submit is slow, which then answers 202 while the submit goes on. Keep it below the read timeout of a proxy in front, which is 60 s for nginx.',
    ),
  STRICT_WARNINGS: z
    .enum(['no', 'yes'], 'must be no or yes')
    .default('no')
    .describe(
      '`yes`: `POST /jobs` refuses an order with warnings (422 `warnings_refused`) unless it says `strict: false`.',
    ),
  OUTBOUND_ALLOW: networks
    .optional()
    .describe(
      'Private networks that URLs from clients may lead to, such as `10.1.0.0/16,fd12::/32`. Empty by default, which prevents SSRF into private networks.',
    ),
  HTTPS_PROXY: proxyUrl
    .optional()
    .describe(
      'Forward proxy for https connections to OpenRouter, to the bucket of ARCHIVE_URL and to ALARM_WEBHOOK_URL, as `http://<user>:<password>@<host>:<port>`. URLs that clients name, of callbacks and of media, are called directly. Also in lower case.',
    ),
  HTTP_PROXY: proxyUrl
    .optional()
    .describe('The same for http connections to them; a tunnel is opened (CONNECT) for these as well.'),
  NO_PROXY: z
    .string()
    .max(10_000)
    .optional()
    .describe(
      'What is connected to without a proxy, as `minio.internal,.example.com,10.0.0.0/8,...`: hosts with all names below them, addresses, networks, each with `:port` or without; `*` for everything. Loopback and link-local addresses never use a proxy. Also in lower case.',
    ),
  TRUST_PROXY: networks
    .optional()
    .describe(
      'Networks of the reverse proxies in front, such as `127.0.0.0/8,10.0.0.0/8`: the client address in logs is then taken from their `X-Forwarded-For`. Off by default, because anyone can send that header.',
    ),
  CORS_ORIGINS: corsOrigins
    .optional()
    .describe(
      'Origins whose pages may call the API from a browser, with a key and never with cookies, as `https://app.example.com,https://admin.example.com:8443`. None by default: a page that holds a key shows it to everyone who opens it.',
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
  'ALARM_WEBHOOK_SECRET',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'SECRETS_KEY',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const satisfies readonly Name[];
