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
      'Second port on HOST that serves `GET /metrics` without a key: let only the scraper reach it. Unset: `/metrics` is on PORT, for operators, auditors and METRICS_KEY.',
    ),
  METRICS_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of a key (64 lower-case hex digits)')
    .optional()
    .describe('SHA-256 in hex of a key that may read `/metrics` and nothing else.'),
  OPENROUTER_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,}$/, 'must be at least 8 visible ASCII characters without spaces')
    .transform(createSecret)
    .optional()
    .describe(
      'OpenRouter API key that pays for clips. Unset: `/models` and `/route` work, and `POST /jobs` answers 503 `upstream_key_missing`.',
    ),
  OPENROUTER_BASE_URL: httpUrl
    .default('https://openrouter.ai/api/v1')
    .describe(
      "Base URL of OpenRouter's API. Set it to the simulator's URL to try the gateway without spending.",
    ),
  OPENROUTER_WEBHOOK_SECRET: webhookSecrets
    .optional()
    .describe(
      "Secret that signs OpenRouter's webhooks. During a rotation, several separated by commas. Unset: only the unguessable path authenticates a webhook.",
    ),
  PUBLIC_URL: publicUrl
    .optional()
    .describe(
      'Public URL of this gateway, to which OpenRouter sends webhooks, such as `https://clips.example.com`. Unset: a job whose submit has an unknown outcome waits for an operator.',
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
      'Database: `sqlite:<file>`, used by one process, or `postgres://user:password@host:port/database`, shared by any number of replicas.',
    ),
  ARCHIVE_DIR: z
    .string()
    .min(1)
    .default('./data/clips')
    .describe(
      'Folder of the clip archive. Replicas on one PostgreSQL share it as a volume. If ARCHIVE_URL names a bucket, this folder holds clips only until they are uploaded, and each replica has its own.',
    ),
  ARCHIVE_URL: archiveUrl
    .optional()
    .describe(
      'Archive to use instead of ARCHIVE_DIR: `s3://<bucket>/<prefix>?region=<region>`, with `&endpoint=https://...` for a server other than Amazon S3, or `file:<folder>`.',
    ),
  ARCHIVE_MAX_BYTES: wholeNumber(1, 999_999_999_999_999, 'bytes')
    .optional()
    .describe(
      'Maximum size of the archive in bytes; above it, the gateway removes the oldest clips. Unset: no limit.',
    ),
  RETENTION_CLIP_DAYS: wholeNumber(1, 36_500, 'days')
    .optional()
    .describe(
      'Days after the end of a job after which the gateway removes its clips from the archive. Unset: never.',
    ),
  RETENTION_REQUEST_DAYS: wholeNumber(1, 36_500, 'days')
    .optional()
    .describe(
      'Days after the end of a job after which the gateway erases its prompt, media and options. Model, duration, resolution, cost and times stay. Unset: never.',
    ),
  CONTENT_REDIRECT: z
    .enum(['off', 'presigned'], 'must be off or presigned')
    .default('off')
    .describe(
      '`presigned`: `GET /jobs/{id}/content` redirects (302) to a URL of the bucket that is valid for five minutes, instead of streaming the clip. Requires ARCHIVE_URL with a bucket that clients can reach.',
    ),
  AWS_ACCESS_KEY_ID: secretText
    .optional()
    .describe('Access key for the bucket of ARCHIVE_URL; requires AWS_SECRET_ACCESS_KEY.'),
  AWS_SECRET_ACCESS_KEY: secretText
    .optional()
    .describe(
      'Secret of AWS_ACCESS_KEY_ID. If both are unset, credentials come from the platform (Amazon EKS or ECS), and the gateway renews them.',
    ),
  AWS_SESSION_TOKEN: secretText
    .optional()
    .describe('Session token of a temporary AWS_ACCESS_KEY_ID. The gateway does not renew it.'),
  AWS_REGION: z
    .string()
    .regex(/^[a-z0-9-]{2,32}$/, 'must be a region such as eu-central-1')
    .optional()
    .describe('Region of the bucket if ARCHIVE_URL names none.'),
  AWS_CONTAINER_CREDENTIALS_FULL_URI: containerCredentialsUrl
    .optional()
    .describe('URL that provides credentials for the bucket; Amazon EKS sets it for pod identities.'),
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, 'must be a path')
    .optional()
    .describe('The same as a path at 169.254.170.2; Amazon ECS sets it for task roles.'),
  AWS_CONTAINER_AUTHORIZATION_TOKEN: secretText
    .optional()
    .describe('`Authorization` header for requests to the two container URLs above.'),
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with that token; the gateway reads it again for each renewal.'),
  AWS_ROLE_ARN: z
    .string()
    .regex(/^arn:[\x21-\x7e]+$/, 'must be the ARN of a role')
    .optional()
    .describe(
      'Role to assume with AWS_WEB_IDENTITY_TOKEN_FILE; Amazon EKS sets it for IAM roles for service accounts.',
    ),
  AWS_WEB_IDENTITY_TOKEN_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the token for AWS_ROLE_ARN; the gateway reads it again for each renewal.'),
  CONTENT_LINKS: z
    .enum(['authenticated', 'signed'], 'must be authenticated or signed')
    .default('authenticated')
    .describe(
      'Links to clips in answers: `authenticated` (a key is required) or `signed` (anyone with the link can play that clip until the link expires). `GET /jobs/{id}?links=signed` works with both.',
    ),
  CONTENT_LINK_TTL_S: wholeNumber(300, 86_400, 'seconds')
    .default(3_600)
    .describe('Lifetime of a signed link to a clip in seconds.'),
  CLIENT_AUTH: z
    .enum(['keys', 'none'], 'must be keys or none')
    .default('keys')
    .describe(
      '`keys`: clients send `Authorization: Bearer <key>`. `none`: no authentication; anyone who can connect can spend.',
    ),
  CLIENT_KEYS: clientKeys
    .optional()
    .describe(
      'Client keys as `name:sha256hex,...`. Required unless OPERATOR_KEYS is set (operators create client keys with `POST /keys`) or CLIENT_AUTH=none. During a rotation, several keys may have the same name.',
    ),
  OPERATOR_KEYS: operatorKeys
    .optional()
    .describe(
      "Operator keys as `name:sha256hex,...`: they manage keys, clients and budgets, and see and reconcile the jobs of every client. `name:sha256hex:read` is an auditor's key: it sees the same and changes nothing. Unset: no job in `submission_unknown` can be resolved by hand.",
    ),
  CALLBACK_SECRETS: callbackSecretsSchema
    .optional()
    .describe(
      'Secrets that sign callbacks, as `client:whsec_base64,...` (24 to 64 random bytes; the client is one of CLIENT_KEYS, or `anonymous` with CLIENT_AUTH=none). During a rotation, give a client two secrets: its callbacks have both signatures. A client without a secret cannot use `callback_url`.',
    ),
  SECRETS_KEY: secretsKeys
    .optional()
    .describe(
      'Key of at least 32 characters that encrypts the callback secrets of `PUT /clients/{name}` in the database (AES-256-GCM, derived by HKDF); create one with `openssl rand -base64 32`. During a rotation `new,old`: the first encrypts, both decrypt. Unset: only CALLBACK_SECRETS sign callbacks.',
    ),
  CALLBACK_ALLOW: callbackAllowSchema
    .optional()
    .describe(
      'Allowed targets of callbacks, as `hooks.example.com,.example.org,10.20.0.0/16,...`. Hosts and suffixes restrict callbacks to them; networks are allowed in addition to public addresses. Plain http is allowed only to loopback addresses listed here. Unset: any public address over https.',
    ),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('Minimum level of log lines, which are JSON on standard output.'),
  LOG_FORMAT: z
    .enum(['pino', 'ecs'], 'must be pino or ecs')
    .default('pino')
    .describe('Field names of log lines: `pino`, or `ecs` for the Elastic Common Schema.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl
    .optional()
    .describe(
      'Base URL of an OpenTelemetry collector, such as `http://collector:4318`: the gateway sends traces to its `/v1/traces` as OTLP over HTTP in JSON. Unset: no traces, and the OpenTelemetry SDK is not loaded.',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders
    .optional()
    .describe('Headers for the collector, as `authorization=Bearer%20<token>,...`.'),
  OTEL_TRACES_SAMPLER: z
    .enum(TRACE_SAMPLERS, `must be one of ${TRACE_SAMPLERS.join(', ')}`)
    .default('parentbased_always_on')
    .describe(
      'Sampler of OpenTelemetry that decides which traces are recorded. The span of a job is recorded if the trace of its order was.',
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
      'URL that receives a POST when an alarm begins and another when it is over, signed with ALARM_WEBHOOK_SECRET like a callback. Private addresses must be in OUTBOUND_ALLOW.',
    ),
  ALARM_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
    .transform(createSecret)
    .optional()
    .describe(
      'Secret that signs requests to ALARM_WEBHOOK_URL: `whsec_` followed by 24 to 64 bytes in base64.',
    ),
  MODEL_ALIASES: modelAliases
    .optional()
    .describe(
      "Model names in OpenAI's API under `/v1`, as `sora-2=openai/sora-2-pro,...`. A name may also stand for the router: `clipgate/auto`, `clipgate/fast`, `clipgate/cheap` or `clipgate/best`.",
    ),
  CATALOG_MAX_AGE_S: wholeNumber(1, 86_400, 'seconds')
    .default(300)
    .describe(
      'Seconds after which the gateway refreshes the model catalog. It serves the old one meanwhile.',
    ),
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
      'Timeout of one submit, at least 61 s: OpenRouter times out after 60 s, and an earlier timeout could lose the id of a paid job.',
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
      'When to check the media URLs of a clip before buying it: `on_request` (requests with `preflight: true`) or `always`.',
    ),
  MAX_WAIT_S: wholeNumber(1, 600, 'seconds')
    .default(50)
    .describe(
      'The longest time that a request waits for a job: with `Prefer: wait`, and in `POST /jobs`, which then answers 202 while a slow submit continues. Keep it below the read timeout of a reverse proxy in front (60 s by default in nginx).',
    ),
  STRICT_WARNINGS: z
    .enum(['no', 'yes'], 'must be no or yes')
    .default('no')
    .describe(
      '`yes`: `POST /jobs` refuses an order with warnings (422 `warnings_refused`) unless the body has `strict: false`.',
    ),
  OUTBOUND_ALLOW: networks
    .optional()
    .describe(
      'Private networks that media URLs of clients and ALARM_WEBHOOK_URL may lead to, such as `10.1.0.0/16,fd12::/32`. Unset: none, which prevents SSRF.',
    ),
  HTTPS_PROXY: proxyUrl
    .optional()
    .describe(
      'Forward proxy for https connections to OpenRouter, to the bucket of ARCHIVE_URL and to ALARM_WEBHOOK_URL, as `http://<user>:<password>@<host>:<port>`. The gateway connects directly to callback and media URLs of clients. The name may be in lower case.',
    ),
  HTTP_PROXY: proxyUrl
    .optional()
    .describe('The same for http connections; the gateway opens a tunnel (CONNECT) for these as well.'),
  NO_PROXY: z
    .string()
    .max(10_000)
    .optional()
    .describe(
      'Targets to connect to without a proxy, as `minio.internal,.example.com,10.0.0.0/8,...`: hosts with their subdomains, addresses and networks, each with or without `:port`; `*` for all. Loopback and link-local addresses never use a proxy. The name may be in lower case.',
    ),
  TRUST_PROXY: networks
    .optional()
    .describe(
      'Networks of trusted reverse proxies in front, such as `127.0.0.0/8,10.0.0.0/8`: the gateway takes the client address from their `X-Forwarded-For`. Unset: it ignores that header, because anyone can send it.',
    ),
  CORS_ORIGINS: corsOrigins
    .optional()
    .describe(
      'Origins whose pages may call the API from a browser, with a key and never with cookies, as `https://app.example.com,https://admin.example.com:8443`. None by default: a page that holds a key shows it to everyone who opens it.',
    ),
  DRAIN_DELAY_MS: wholeNumber(0, 120_000, 'milliseconds')
    .default(0)
    .describe(
      'How long a gateway that stops answers 503 on `/readyz` but still serves requests, so that load balancers stop using it before it refuses connections.',
    ),
  SHUTDOWN_TIMEOUT_MS: wholeNumber(1_000, 600_000, 'milliseconds')
    .default(100_000)
    .describe(
      'Maximum duration of a graceful shutdown after DRAIN_DELAY_MS. It must be above SUBMIT_TIMEOUT_MS, so that a shutdown does not interrupt a submit.',
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
