// Holds every answer of a gateway against the OpenAPI document it serves: status, content type and body.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export interface Answered {
  readonly method: string;
  /** With or without a query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** Null where it is not looked at: bytes, or a body somebody else reads. */
  readonly body: string | null;
}

/** @throws Error saying what the document does not have. */
export type AnswerCheck = (answered: Answered) => void;

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Served beside the API, and not part of it. */
const BESIDE = /^\/(docs(\/.*)?|((api\/)?v1\/)?openapi\.json)$/;
/** What OpenAI has and this gateway refuses: no operation of the document, as none can succeed. */
const REFUSED = /^\/v1\/videos\/(edits|extensions|characters|[^/]+\/remix)$/;

function createAnswerCheck(document: OpenApiDocument): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  // The whole document is what references start from; it is no schema itself.
  ajv.addSchema(document, 'openapi');
  const validators = new Map<string, ValidateFunction>();

  function validate(pointer: string, text: string, where: string): void {
    const known = validators.get(pointer);
    const check = known ?? ajv.compile({ $ref: `openapi#${pointer}` });
    validators.set(pointer, check);
    if (check(JSON.parse(text))) return;
    throw new Error(`${where} is not what the document says: ${ajv.errorsText(check.errors)}\n${text}`);
  }

  const templates = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  }));

  return ({ method, path, status, headers, body }) => {
    const pathname = path.split('?')[0] ?? '';
    const where = `${status} of ${method} ${pathname}`;
    const media = headers.get('content-type')?.split(';')[0] ?? null;
    if (status >= 400 && media === 'application/problem+json' && body)
      checkProblem(where, status, headers, body);
    if (BESIDE.test(pathname) || (REFUSED.test(pathname) && status >= 400)) return;
    // A dry run is answered as a plan is, and no success of the operation in the document.
    const isPlan = method === 'POST' && pathname === '/jobs' && status === 200;
    const documented = isPlan ? '/jobs/plan' : pathname;
    const template = templates.find(({ template, pattern }) =>
      Object.hasOwn(document.paths, documented) ? template === documented : pattern.test(documented),
    )?.template;
    if (template === undefined) {
      if (status !== 404 && status !== 503) throw new Error(`${where}: the document has no such path`);
      return;
    }
    const item = document.paths[template] ?? {};
    const name = method.toLowerCase() === 'head' && !item['head'] ? 'get' : method.toLowerCase();
    const operation = item[name];
    if (!operation) {
      if (status !== 405) throw new Error(`${where}: the document has no such operation`);
      if (!headers.get('allow')) throw new Error(`${where} has no Allow`);
      return;
    }
    const declared = operation.responses[String(status)];
    if (!declared) throw new Error(`${where} is not declared`);
    if (status === 204 || status === 302 || status === 304) return;
    if (media === null || !declared.content?.[media]) throw new Error(`${where} is not declared as ${media}`);
    if (body === null || !/\bjson$/.test(media) || method === 'HEAD') return;
    const steps = ['paths', template, name, 'responses', String(status), 'content', media, 'schema'];
    validate(steps.map((step) => `/${encodeURIComponent(escapePointer(step))}`).join(''), body, where);
  };
}

function checkProblem(where: string, status: number, headers: Headers, body: string): void {
  const problem = JSON.parse(body) as Readonly<Record<string, unknown>>;
  const id = headers.get('x-request-id');
  if (problem['instance'] !== id) throw new Error(`${where}: instance is not x-request-id (${id})\n${body}`);
  if (problem['status'] !== status)
    throw new Error(`${where}: the problem says ${String(problem['status'])}`);
  if (problem['type'] !== `urn:clipgate:problem:${String(problem['code'])}`)
    throw new Error(`${where}: ${body}`);
  if (headers.get('cache-control') !== 'no-store') throw new Error(`${where} may be cached`);
}

const escapePointer = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1');

const checks = new Map<string, AnswerCheck>();

/** The check for the document a gateway serves; compiled once per document. */
export async function loadAnswerCheck(url: string, prefix = ''): Promise<AnswerCheck> {
  const text = await (await fetch(`${url}${prefix}/openapi.json`)).text();
  const known = checks.get(text) ?? createAnswerCheck(JSON.parse(text) as OpenApiDocument);
  checks.set(text, known);
  return known;
}
