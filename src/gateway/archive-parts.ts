// Where clips are kept: a folder, or a bucket with the credentials that the environment offers.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveLocation } from '../config/archive-url.ts';
import type { Config } from '../config/variables.ts';
import { ClipgateError } from '../core/errors.ts';
import { createProxyRules } from '../outbound/proxy/proxy-rules.ts';
import { type CredentialSource, createCredentials } from '../outbound/s3/credentials.ts';
import { createS3Client } from '../outbound/s3/s3-client.ts';
import type { ExpiryLimits } from '../service/clips/expiry.ts';
import { createFolderStorage } from '../service/clips/storage/folder.ts';
import type { ClipStorage } from '../service/clips/storage/port.ts';
import { createS3Storage } from '../service/clips/storage/s3.ts';
import { proxySettingsOf } from './proxy-settings.ts';
import { S3 } from './timeouts.ts';

const CONTAINER_ORIGIN = 'http://169.254.170.2';

export interface ArchiveContext {
  readonly config: Config;
  readonly clock: () => number;
  readonly monotonic: () => number;
  readonly random: () => number;
}

export interface OpenArchive {
  readonly storage: ClipStorage;
  /** Ends what connections there are. */
  close(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60_000;

/** How long clips and requests are kept, and how many bytes of clips. */
export const expiryLimitsOf = (config: Config): ExpiryLimits => ({
  clipMs: config.RETENTION_CLIP_DAYS === undefined ? null : config.RETENTION_CLIP_DAYS * DAY_MS,
  requestMs: config.RETENTION_REQUEST_DAYS === undefined ? null : config.RETENTION_REQUEST_DAYS * DAY_MS,
  maxBytes: config.ARCHIVE_MAX_BYTES ?? null,
});

/** @throws ClipgateError where a bucket is named without a region, or nothing says how to get into it. */
export function openArchive(location: ArchiveLocation, context: ArchiveContext): OpenArchive {
  if (location.kind === 'folder') {
    return { storage: createFolderStorage(location.path), close: async () => undefined };
  }
  const { config, clock, monotonic, random } = context;
  const region = location.region ?? config.AWS_REGION;
  if (region === undefined) {
    throw new ClipgateError(
      'internal',
      'ARCHIVE_URL has no region: add ?region=... to it, or set AWS_REGION',
    );
  }
  const source = findCredentialSource(config, region);
  if (!source) {
    throw new ClipgateError(
      'internal',
      'ARCHIVE_URL has no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where the platform sets AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_WEB_IDENTITY_TOKEN_FILE',
    );
  }
  const proxyFor = createProxyRules(proxySettingsOf(config));
  const s3 = createS3Client(
    {
      credentials: createCredentials(source, { clock, proxyFor }),
      clock,
      random,
      sleep: (ms) => sleep(ms),
      proxyFor,
    },
    { ...location, region },
    S3,
  );
  const storage = createS3Storage(
    { s3, monotonic },
    { spoolFolder: config.ARCHIVE_DIR, canPresign: config.CONTENT_REDIRECT === 'presigned' },
  );
  return { storage, close: () => s3.close() };
}

/** In the order in which Amazon's own programs look; null where there are none. */
function findCredentialSource(config: Config, region: string): CredentialSource | null {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key } = config;
  if (id && key) {
    return {
      kind: 'fixed',
      accessKeyId: id,
      secretAccessKey: key,
      sessionToken: config.AWS_SESSION_TOKEN ?? null,
    };
  }
  if (config.AWS_ROLE_ARN && config.AWS_WEB_IDENTITY_TOKEN_FILE) {
    return {
      kind: 'web_identity',
      roleArn: config.AWS_ROLE_ARN,
      tokenFile: config.AWS_WEB_IDENTITY_TOKEN_FILE,
      stsUrl: `https://sts.${region}.amazonaws.com`,
    };
  }
  const relative = config.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const url = relative ? `${CONTAINER_ORIGIN}${relative}` : config.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!url) return null;
  return {
    kind: 'container',
    url,
    token: config.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? null,
    tokenFile: config.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE ?? null,
  };
}
