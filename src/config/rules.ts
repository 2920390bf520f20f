// Rules that concern several variables together.

import { ANONYMOUS } from '../core/client.ts';
import type { Config, Name } from './variables.ts';

/** A rule is checked only if every variable it names is valid by itself; the problem is reported for the first of them. */
export const RULES: readonly {
  readonly of: readonly Name[];
  readonly check: (config: Config) => string | null;
  /** True: commands that do not serve requests do not need it. */
  readonly onlyToServe?: boolean;
}[] = [
  {
    // An operator makes the keys of clients while the gateway runs.
    of: ['CLIENT_KEYS', 'CLIENT_AUTH', 'OPERATOR_KEYS'],
    onlyToServe: true,
    check: ({ CLIENT_AUTH, CLIENT_KEYS, OPERATOR_KEYS }) =>
      CLIENT_AUTH === 'keys' && !CLIENT_KEYS?.size && !OPERATOR_KEYS?.size
        ? 'is required: set it to name:sha256hex,..., or set OPERATOR_KEYS and create client keys with POST /keys, or set CLIENT_AUTH=none'
        : null,
  },
  {
    of: ['CLIENT_AUTH', 'CLIENT_KEYS'],
    check: ({ CLIENT_AUTH, CLIENT_KEYS }) =>
      CLIENT_AUTH === 'none' && CLIENT_KEYS ? 'is none, but CLIENT_KEYS is set: remove one of the two' : null,
  },
  {
    of: ['OPERATOR_KEYS', 'CLIENT_KEYS'],
    check: ({ OPERATOR_KEYS, CLIENT_KEYS }) =>
      [...(OPERATOR_KEYS?.keys() ?? [])].some((hash) => CLIENT_KEYS?.has(hash))
        ? 'contains a key that is also in CLIENT_KEYS'
        : null,
  },
  {
    of: ['CALLBACK_SECRETS', 'CLIENT_AUTH', 'CLIENT_KEYS', 'OPERATOR_KEYS'],
    check: ({ CALLBACK_SECRETS, CLIENT_AUTH, CLIENT_KEYS, OPERATOR_KEYS }) => {
      // Operators make clients that no variable names.
      if (OPERATOR_KEYS?.size) return null;
      const clients = new Set(CLIENT_AUTH === 'none' ? [ANONYMOUS] : CLIENT_KEYS?.values());
      const stranger = [...(CALLBACK_SECRETS?.keys() ?? [])].find((name) => !clients.has(name));
      return stranger === undefined ? null : `names ${stranger}, which is not a client in CLIENT_KEYS`;
    },
  },
  {
    of: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    check: ({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }) =>
      (AWS_ACCESS_KEY_ID === undefined) !== (AWS_SECRET_ACCESS_KEY === undefined)
        ? 'and AWS_SECRET_ACCESS_KEY belong together: set both or neither'
        : null,
  },
  {
    of: ['CONTENT_REDIRECT', 'ARCHIVE_URL'],
    check: ({ CONTENT_REDIRECT, ARCHIVE_URL }) =>
      CONTENT_REDIRECT === 'presigned' && ARCHIVE_URL?.kind !== 's3'
        ? 'is presigned, but ARCHIVE_URL names no bucket: only a bucket has presigned URLs'
        : null,
  },
  {
    of: ['ALARM_WEBHOOK_URL', 'ALARM_WEBHOOK_SECRET'],
    check: ({ ALARM_WEBHOOK_URL, ALARM_WEBHOOK_SECRET }) =>
      (ALARM_WEBHOOK_URL === undefined) !== (ALARM_WEBHOOK_SECRET === undefined)
        ? 'and ALARM_WEBHOOK_SECRET belong together: set both or neither'
        : null,
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
        ? `must be above SUBMIT_TIMEOUT_MS, which is ${SUBMIT_TIMEOUT_MS}, so that a shutdown does not interrupt a submit`
        : null,
  },
];
