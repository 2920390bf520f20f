// Adds request and response headers to the OpenAPI document that the route schemas cannot declare.

interface Header {
  readonly description: string;
  readonly schema: { readonly type: 'string' | 'integer' };
}

const text = (description: string): Header => ({ description, schema: { type: 'string' } });
const whole = (description: string): Header => ({ description, schema: { type: 'integer' } });

const HEADERS = {
  'X-Request-Id': text('Identifies this request in the log; the id you sent, if you sent one.'),
  Location: text('URL of the created resource.'),
  'Retry-After': whole('Seconds to wait before the next request.'),
  'Idempotent-Replayed': text('`true` if this Idempotency-Key was used before: nothing was sent.'),
  'Preference-Applied': text('The preference of `Prefer` that was honoured.'),
  ETag: text('Changes with the content; send it back as `If-None-Match`.'),
  'Cache-Control': text('Who may cache the response, and for how long.'),
  'Accept-Ranges': text('`bytes`: `Range` requests are supported.'),
  'Content-Range': text('The range of this response and the size of the clip.'),
  'WWW-Authenticate': text('The authentication scheme.'),
  RateLimit: text(
    'What is left of the request rate limits (IETF draft RateLimit header); absent if there are none.',
  ),
  'RateLimit-Policy': text('The request rate limits that apply.'),
  'OpenAI-Poll-After-Ms': whole('Milliseconds to wait before asking again; absent once the video has ended.'),
  Allow: text('The methods that this URL supports.'),
} as const satisfies Record<string, Header>;
type HeaderName = keyof typeof HEADERS;

/** Headers of a status on every route. */
const BY_STATUS: Readonly<Record<string, readonly HeaderName[]>> = {
  '401': ['WWW-Authenticate'],
  '405': ['Allow'],
  '409': ['Retry-After'],
  '416': ['Content-Range'],
  '429': ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  '503': ['Retry-After'],
};

const CLIP: readonly HeaderName[] = ['ETag', 'Cache-Control', 'Accept-Ranges'];
const BY_OPERATION: Readonly<Record<string, Readonly<Record<string, readonly HeaderName[]>>>> = {
  listModels: { '200': ['ETag', 'Cache-Control'], '304': ['ETag', 'Cache-Control'] },
  getModel: { '200': ['Cache-Control'] },
  createKey: { '201': ['Location', 'Idempotent-Replayed'] },
  rotateKey: { '201': ['Location', 'Idempotent-Replayed'] },
  createJob: { '202': ['Location', 'Retry-After', 'Idempotent-Replayed', 'Preference-Applied'] },
  getJob: { '200': ['Preference-Applied'] },
  getJobContent: { '200': CLIP, '206': [...CLIP, 'Content-Range'], '304': CLIP },
  headJobContent: { '200': CLIP, '206': [...CLIP, 'Content-Range'], '304': CLIP },
  // OpenAI's answers 200, OpenRouter's 202.
  createVideo: { '200': ['Idempotent-Replayed', 'OpenAI-Poll-After-Ms'], '202': ['Idempotent-Replayed'] },
  retrieveVideo: { '200': ['OpenAI-Poll-After-Ms'] },
  retrieveVideoContent: { '200': CLIP, '206': [...CLIP, 'Content-Range'], '304': CLIP },
  getVideoContent: { '200': CLIP, '206': [...CLIP, 'Content-Range'], '304': CLIP },
  headVideoContent: { '200': CLIP, '206': [...CLIP, 'Content-Range'], '304': CLIP },
};

/** Request headers that are never validated: RFC 9110 and RFC 7240 have servers ignore what they do not understand. */
const ASKED = {
  Prefer: '`wait=N` (1 to 50, or as `MAX_WAIT_S` says): respond when the status changes, or after N seconds.',
  'If-None-Match': 'The `ETag` of an earlier response: 304 if nothing has changed.',
  Range: 'Such as `bytes=0-1023`: 206 with that part.',
  'If-Range': 'An `ETag`: `Range` applies only to that content; otherwise all of it is sent.',
} as const satisfies Record<string, string>;
const ASKED_BY_OPERATION: Readonly<Record<string, readonly (keyof typeof ASKED)[]>> = {
  listModels: ['If-None-Match'],
  getJob: ['Prefer'],
  getJobContent: ['If-None-Match', 'Range', 'If-Range'],
  headJobContent: ['If-None-Match', 'Range', 'If-Range'],
  retrieveVideoContent: ['If-None-Match', 'Range', 'If-Range'],
  getVideoContent: ['If-None-Match', 'Range', 'If-Range'],
  headVideoContent: ['If-None-Match', 'Range', 'If-Range'],
};

interface Parameter {
  readonly in?: string;
  readonly name?: string;
}

interface Operation {
  readonly parameters?: readonly Parameter[] | undefined;
  readonly operationId?: string | undefined;
  readonly responses?: Readonly<Record<string, object>> | undefined;
}

/** Adds the headers to every operation of a document, each that occurs defined once under `components`. Returns a new document. */
export function addHeaders<T extends { paths?: object | undefined; components?: object | undefined }>(
  document: T,
): T {
  const paths = mapValues(document.paths ?? {}, (path: Readonly<Record<string, Operation>>) =>
    mapValues(path, withHeaders),
  );
  const used = JSON.stringify(paths);
  const headers = Object.fromEntries(
    Object.entries(HEADERS).filter(([name]) => used.includes(`"#/components/headers/${name}"`)),
  );
  return { ...document, paths, components: { ...document.components, headers } };
}

function withHeaders(operation: Operation): Operation {
  const { operationId = '', responses, parameters = [] } = operation;
  if (!responses) return operation;
  const described = Object.entries(responses).map(([status, response]) => {
    const names = BY_OPERATION[operationId]?.[status] ?? BY_STATUS[status] ?? [];
    const headers = ['X-Request-Id', ...names].map((name) => [
      name,
      { $ref: `#/components/headers/${name}` },
    ]);
    return [status, { ...response, headers: Object.fromEntries(headers) }];
  });
  const asked = (ASKED_BY_OPERATION[operationId] ?? []).map((name) => ({
    name,
    in: 'header',
    required: false,
    description: ASKED[name],
    schema: { type: 'string' },
  }));
  const named = parameters.map((one) =>
    one.in === 'header' ? { ...one, name: canonicalName(one.name ?? '') } : one,
  );
  return {
    ...operation,
    ...(named.length + asked.length > 0 && { parameters: [...named, ...asked] }),
    responses: Object.fromEntries(described),
  };
}

/** Schemas have the lower-case names that Node reads; the document shows the usual spelling: `Last-Event-ID`. */
const canonicalName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
    .replace(/-Id$/, '-ID');

const mapValues = <V, R>(record: object, change: (value: V) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value as V)]));
