// Checks an answer against the recorded structure of OpenRouter's public OpenAPI document.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Recorded = { paths: Record<string, Record<string, { responses: Record<string, object> }>> };

const recorded = JSON.parse(
  readFileSync(new URL('../../openapi/openrouter-video.openapi.json', import.meta.url), 'utf8'),
) as Recorded;

/** What is wrong with an answer, as texts; nothing when it fits. A status that is not recorded is wrong as well. */
export function createContract() {
  // The document carries OpenAPI's own words (discriminator, example), which strict mode would not know.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(recorded, 'openrouter');

  return function check(method: string, path: string, status: number, body: unknown): string[] {
    const documented = recorded.paths[path]?.[method]?.responses ?? {};
    if (!(status in documented)) return [`${method} ${path}: status ${status} is not recorded`];
    const pointer = [
      'paths',
      path,
      method,
      'responses',
      String(status),
      'content',
      'application/json',
      'schema',
    ]
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/');
    const validate = ajv.compile({ $ref: `openrouter#/${pointer}` });
    validate(body);
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
  };
}

/** Every status the document records for an operation. */
export function recordedStatuses(method: string, path: string): number[] {
  return Object.keys(recorded.paths[path]?.[method]?.responses ?? {}).map(Number);
}
