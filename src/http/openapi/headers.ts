// The headers a client can send and rely on, written into the document where the routes have no place for them.

interface Header {
  readonly description: string;
  readonly schema: { readonly type: 'string' | 'integer' };
}

const text = (description: string): Header => ({ description, schema: { type: 'string' } });
const whole = (description: string): Header => ({ description, schema: { type: 'integer' } });

const HEADERS = {
  'X-Request-Id': text('Names this request in the log; your own, where you sent one.'),
  Location: text('Where the job is.'),
  'Retry-After': whole('Seconds to let pass before asking again.'),
  'Idempotent-Replayed': text('`true` where this Idempotency-Key was used before: nothing was sent.'),
  'Preference-Applied': text('The preference of `Prefer` that was honoured.'),
  ETag: text('Changes with the content; send it back as `If-None-Match`.'),
  'Cache-Control': text('How long the answer may be kept, and by whom.'),
  'Accept-Ranges': text('`bytes`: parts can be asked for with `Range`.'),
  'Content-Range': text('Which bytes of how many these are.'),
  'WWW-Authenticate': text('How to identify yourself.'),
  Allow: text('The methods this address has.'),
} as const satisfies Record<string, Header>;
type HeaderName = keyof typeof HEADERS;

/** What comes with a status, whatever the route. */
const BY_STATUS: Readonly<Record<string, readonly HeaderName[]>> = {
  '401': ['WWW-Authenticate'],
  '405': ['Allow'],
  '409': ['Retry-After'],
  '416': ['Content-Range'],
  '429': ['Retry-After'],
  '503': ['Retry-After'],
};

const CLIP: readonly HeaderName[] = ['ETag', 'Cache-Control', 'Accept-Ranges'];
const BY_OPERATION: Readonly<Record<string, Readonly<Record<string, readonly HeaderName[]>>>> = {
  listModels: { '200': ['ETag', 'Cache-Control'], '304': ['ETag', 'Cache-Control'] },
  getModel: { '200': ['Cache-Control'] },
  createJob: { '202': ['Location', 'Retry-After', 'Idempotent-Replayed', 'Preference-Applied'] },
  getJob: { '200': ['Preference-Applied'] },
  getJobContent: { '200': CLIP, '206': [...CLIP, 'Content-Range'], '304': CLIP },
  headJobContent: { '200': CLIP, '206': [...CLIP, 'Content-Range'], '304': CLIP },
};

/** Headers of requests that anything may stand in: what cannot be understood is passed over, so nothing checks them. */
const ASKED = {
  Prefer: '`wait=N` (1 to 60): answer when the status changes or after N seconds.',
  'If-None-Match': 'The `ETag` of an earlier answer: 304 where nothing has changed since.',
  Range: 'Such as `bytes=0-1023`: 206 with only that.',
  'If-Range': 'An `ETag`: `Range` holds for that content only, else all of it is sent.',
} as const satisfies Record<string, string>;
const ASKED_BY_OPERATION: Readonly<Record<string, readonly (keyof typeof ASKED)[]>> = {
  listModels: ['If-None-Match'],
  getJob: ['Prefer'],
  getJobContent: ['If-None-Match', 'Range', 'If-Range'],
  headJobContent: ['If-None-Match', 'Range', 'If-Range'],
};

interface Operation {
  readonly parameters?: readonly object[] | undefined;
  readonly operationId?: string | undefined;
  readonly responses?: Readonly<Record<string, object>> | undefined;
}

/** Adds the headers to every operation of a document, each defined once under `components`. Returns a new document. */
export function addHeaders<T extends { paths?: object | undefined; components?: object | undefined }>(
  document: T,
): T {
  const paths = mapValues(document.paths ?? {}, (path: Readonly<Record<string, Operation>>) =>
    mapValues(path, withHeaders),
  );
  return { ...document, paths, components: { ...document.components, headers: HEADERS } };
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
  return {
    ...operation,
    ...(asked.length > 0 && { parameters: [...parameters, ...asked] }),
    responses: Object.fromEntries(described),
  };
}

const mapValues = <V, R>(record: object, change: (value: V) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value as V)]));
