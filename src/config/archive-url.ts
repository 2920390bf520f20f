// Parses ARCHIVE_URL: a bucket, or a folder.

import { z } from 'zod';
import { httpUrl } from './formats.ts';

/** Where clips are kept. */
export type ArchiveLocation =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Empty, or with a slash at its end. */
      readonly prefix: string;
      /** Null where the URL does not say: AWS_REGION does. */
      readonly region: string | null;
      /** Null for Amazon's own. */
      readonly endpoint: string | null;
    };

const FORM = 'must be s3://<bucket>/<prefix>?region=<region>&endpoint=<https URL> or file:<folder>';
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/;
const REGION = /^[a-z0-9-]{2,32}$/;
const PARAMETERS: ReadonlySet<string> = new Set(['region', 'endpoint']);

/** `s3://bucket/prefix?region=eu-central-1&endpoint=https://...`, or `file:` and a path. No message repeats the value. */
export const archiveUrl = z.string().transform((value, context): ArchiveLocation => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (/^file:./.test(value)) return { kind: 'folder', path: value.replace(/^file:(\/\/(?=\/))?/, '') };
  if (!value.startsWith('s3://') || !URL.canParse(value)) return refuse(FORM);
  const { hostname, port, username, password, pathname, searchParams, hash } = new URL(value);
  if (username || password) return refuse('must not contain credentials: set AWS_ACCESS_KEY_ID');
  if (!BUCKET.test(hostname) || port || hash) return refuse(FORM);
  // `new URL` has resolved them already.
  if (/\/\.{1,2}([/?]|$)/.test(value)) return refuse(FORM);
  const prefix = pathname.replace(/^\/+|\/+$/g, '');
  if (!PREFIX.test(prefix === '' ? '' : `${prefix}/`)) {
    return refuse('has an invalid prefix: use letters, digits, `.`, `-`, `_` and `/`');
  }
  if ([...searchParams.keys()].some((name) => !PARAMETERS.has(name))) return refuse(FORM);
  const region = searchParams.get('region') || null;
  if (region !== null && !REGION.test(region))
    return refuse('has an invalid region: expected one such as eu-central-1');
  const given = searchParams.get('endpoint') || null;
  const endpoint = given === null ? null : httpUrl.safeParse(given);
  if (endpoint && !endpoint.success) {
    return refuse(`has an endpoint that ${endpoint.error.issues.map(({ message }) => message).join(', ')}`);
  }
  return {
    kind: 's3',
    bucket: hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
    endpoint: endpoint?.data ?? null,
  };
});

/** A bucket or a folder as a command names it: as in ARCHIVE_URL, or a path. Null where it is neither. */
export function parseArchiveUrl(text: string): ArchiveLocation | null {
  const isUrl = /^[a-z][a-z0-9+.-]*:/i.test(text);
  return archiveUrl.safeParse(isUrl ? text : `file:${text}`).data ?? null;
}

/** Where containers on Amazon's platforms get credentials from: a link-local or loopback address, or https. */
export const containerCredentialsUrl = z
  .string()
  .refine(
    (value) =>
      URL.canParse(value) &&
      (new URL(value).protocol === 'https:' ||
        /^(localhost|127(\.\d{1,3}){3}|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/.test(
          new URL(value).hostname,
        )),
    'must be an https URL, or an http URL on loopback or at the address of the container platform',
  );
