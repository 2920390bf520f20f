// The OpenAPI document: current, complete, true in its examples, and served to people without a foreign host.

import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  renderAlarms,
  renderConfiguration,
  renderErrors,
  renderOpenApi,
  renderTypes,
} from '../../../scripts/documents.ts';
import { OPENAI_DOCUMENT } from '../../../src/http/openai/openai-face.ts';
import { CLIPGATE_DOCUMENT } from '../../../src/http/openapi/openapi.ts';
import { OPENROUTER_DOCUMENT } from '../../../src/http/openrouter/openrouter-face.ts';
import { ERROR_CODES } from '../../../src/http/server/error-codes.ts';
import { VERSION } from '../../../src/version.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

interface Media {
  readonly schema: { readonly $ref?: string };
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: { readonly default?: unknown };
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { description: string; content?: Readonly<Record<string, Media>> }>
  >;
}
interface OpenApi {
  readonly info: { readonly version: string };
  readonly servers: readonly object[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly examples?: unknown[] }>> };
}

const read = (path: string) => readFileSync(path, 'utf8');
const parse = (path: string) => JSON.parse(read(path)) as OpenApi;
const operationsOf = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
const document = parse('openapi/clipgate.json');
const operations = operationsOf(document);
const DOCUMENTS = {
  'openapi/clipgate.json': document,
  'openapi/openrouter-face.json': parse('openapi/openrouter-face.json'),
  'openapi/openai-face.json': parse('openapi/openai-face.json'),
};

const ajv = new Ajv2020.default({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'clipgate', ...document });
const faultsOf = (pointer: string, value: unknown) => {
  const validate = ajv.getSchema(`clipgate${pointer}`);
  if (!validate) throw new Error(`there is no ${pointer}`);
  return validate(value) ? [] : validate.errors;
};

describe('what is generated', () => {
  it.each([
    ['openapi/clipgate.json', () => renderOpenApi(CLIPGATE_DOCUMENT)],
    ['openapi/openai-face.json', () => renderOpenApi(OPENAI_DOCUMENT)],
    ['openapi/openrouter-face.json', () => renderOpenApi(OPENROUTER_DOCUMENT)],
    ['openapi/clipgate.d.ts', renderTypes],
    ['docs/reference/configuration.md', () => renderConfiguration(read('docs/reference/configuration.md'))],
    ['docs/reference/alarms.md', () => renderAlarms(read('docs/reference/alarms.md'))],
    ['docs/reference/errors.md', () => renderErrors(read('docs/reference/errors.md'))],
  ])('%s is what the code says: else run "npm run generate"', async (path, render) => {
    expect(await render()).toBe(read(path));
  });

  it('carries the version of the package', () => {
    expect(VERSION).toBe(JSON.parse(read('package.json')).version);
    expect(document.info.version).toBe(VERSION);
  });
});

describe('every operation', () => {
  it('spells each header in one way', () => {
    const names = operations.flatMap(({ operation }) =>
      (operation.parameters ?? []).filter((one) => one.in === 'header').map((one) => one.name),
    );
    expect([...new Set(names)].sort()).toEqual([
      'Idempotency-Key',
      'If-None-Match',
      'If-Range',
      'Last-Event-ID',
      'Prefer',
      'Range',
    ]);
  });

  it('has a name of its own, a summary and a known tag', () => {
    const tags = document.tags.map((tag) => tag.name);
    const names = operations.map(({ operation }) => operation.operationId);
    expect(names.filter((name) => !/^[a-z]+[A-Za-z]+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    for (const { operation } of operations) {
      expect(operation.summary.length).toBeGreaterThan(5);
      expect(tags).toEqual(expect.arrayContaining([...operation.tags]));
      expect(operation.tags).toHaveLength(1);
    }
  });

  it('says what is taken where a number is left out of a query', () => {
    const defaults = operations.flatMap(({ name, operation: { parameters = [] } }) =>
      parameters
        .filter(({ name: parameter }) => ['limit', 'index'].includes(parameter))
        .map(({ name: parameter, schema }) => [`${name} ${parameter}`, schema.default]),
    );
    expect(Object.fromEntries(defaults)).toEqual({
      'get /audit limit': 20,
      'get /budgets limit': 20,
      'get /clients limit': 20,
      'get /jobs limit': 20,
      'get /keys limit': 20,
      'get /models/changes limit': 200,
      'get /jobs/{id}/content index': 0,
      'head /jobs/{id}/content index': 0,
    });
  });

  it('describes every answer in words of its own', () => {
    for (const { operation } of operations) {
      for (const answer of Object.values(operation.responses)) {
        expect(answer.description).not.toMatch(/^(Default Response)?$/);
      }
    }
  });

  it('has an example of every JSON body it takes and every good one it gives', () => {
    const lacking = operations.flatMap(({ name, operation }) => {
      const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
      const contents = [operation.requestBody?.content, ...good.map(([, answer]) => answer.content)];
      const schemas = contents.flatMap((content) => content?.['application/json']?.schema ?? []);
      return schemas
        .map(({ $ref = 'an inline schema' }) => $ref)
        .filter(($ref) => !document.components.schemas[$ref.split('/').at(-1) ?? '']?.examples?.length)
        .map(($ref) => `${name}: ${$ref}`);
    });
    expect(lacking).toEqual([]);
  });
});

describe('every schema', () => {
  it('has examples that are valid', () => {
    const examples = Object.entries(document.components.schemas).flatMap(([name, { examples = [] }]) =>
      examples.map((example) => ({ name, example })),
    );
    expect(examples.length).toBeGreaterThan(8);
    for (const { name, example } of examples) {
      expect({ name, faults: faultsOf(`#/components/schemas/${name}`, example) }).toEqual({
        name,
        faults: [],
      });
    }
  });

  it('has one name', () => {
    const names = Object.keys(document.components.schemas);
    expect(names.filter((name) => name.endsWith('Input'))).toEqual([]);
  });
});

describe.each(Object.entries(DOCUMENTS))('%s', (_name, one) => {
  /** Every object in it that says `key`, with the value. */
  const find = (key: string, value: unknown = one): unknown[] => {
    if (typeof value !== 'object' || value === null) return [];
    const here = !Array.isArray(value) && key in value ? [(value as Record<string, unknown>)[key]] : [];
    return [...here, ...Object.values(value).flatMap((inner) => find(key, inner))];
  };

  it('has patterns that Go, Rust and Python compile too', () => {
    const patterns = find('pattern').filter((pattern) => typeof pattern === 'string');
    expect(patterns.length).toBeGreaterThan(0);
    expect(patterns.filter((pattern) => /\(\?[^:]|\\[/pPuZ]|\\\d/.test(pattern))).toEqual([]);
  });

  it('writes nullable in one way', () => {
    expect(find('nullable')).toEqual([]);
    expect(find('type').filter((type) => Array.isArray(type) && type.includes('null'))).toEqual([]);
  });

  it('has one success for each operation, or answers without a body beside it', () => {
    for (const { operation } of operationsOf(one)) {
      const bodies = Object.entries(operation.responses)
        .filter(([status, { content }]) => status < '3' && content)
        .map(([, { content }]) => JSON.stringify(content));
      expect({ id: operation.operationId, bodies: new Set(bodies).size }).toEqual({
        id: operation.operationId,
        bodies: bodies.length > 0 ? 1 : 0,
      });
    }
  });

  it('describes every clip as bytes', () => {
    const clips = operationsOf(one)
      .flatMap(({ operation }) => Object.values(operation.responses))
      .flatMap(({ content }) => content?.['video/mp4'] ?? []);
    expect(clips.length).toBeGreaterThan(0);
    for (const { schema } of clips) expect(schema.$ref).toBe('#/components/schemas/Clip');
    expect(one.components.schemas['Clip']).toMatchObject({ type: 'string', format: 'binary' });
  });
});

describe('the codes of problems', () => {
  it('are all listed, and open', () => {
    const { ErrorCode, Problem } = document.components.schemas as Record<string, Record<string, unknown>>;
    expect(ErrorCode?.['enum']).toEqual(Object.keys(ERROR_CODES));
    expect(Problem).not.toHaveProperty('additionalProperties');
    const unknown = { type: 'x', title: 'x', status: 400, detail: 'x', code: 'of_tomorrow', instance: 'x' };
    expect(faultsOf('#/components/schemas/Problem', unknown)).toEqual([]);
  });
});

describe('a gateway', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ background: false });
  });
  afterAll(() => gateway.close());
  const get = (path: string) => fetch(`${gateway.url}${path}`);

  it('serves the document to whoever asks', async () => {
    const served = await supertest(gateway.url)
      .get('/openapi.json')
      .expect(200)
      .expect('content-type', /json/);
    const { servers } = document;
    expect({ ...served.body, info: document.info, servers }).toEqual(document);
    // Not that of the file: what is imported from a gateway calls that gateway.
    expect(served.body.servers).toEqual([{ url: gateway.url, description: 'This gateway.' }]);
    expect(await (await get('/docs/json')).json()).toMatchObject({ servers: served.body.servers });
  });

  it('answers as the document says', async () => {
    const clip = { prompt: 'a paper boat', duration: 4, resolution: '720p', generate_audio: false };
    for (const [answer, schema] of [
      [await gateway.request('/models'), 'ModelList'],
      [await gateway.request('/models/google/veo-3.1-lite'), 'Model'],
      [await gateway.post('/route', clip), 'RouteResult'],
      [await gateway.post('/jobs/plan', clip), 'DryRun'],
      [await gateway.post('/jobs', clip), 'CreatedJob'],
      [await gateway.request('/jobs'), 'JobList'],
      [await gateway.post('/jobs', { ...clip, lenght: 4 }), 'Problem'],
      [await gateway.post('/route', { ...clip, duration: 3600 }), 'Problem'],
      [await get('/healthz'), 'Health'],
      [await get('/readyz'), 'Readiness'],
    ] as const) {
      expect({ schema, faults: faultsOf(`#/components/schemas/${schema}`, await answer.json()) }).toEqual({
        schema,
        faults: [],
      });
    }
  });

  it('shows it at /docs without a foreign host', async () => {
    const page = await get('/docs/');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(4);
    for (const link of links) {
      const target = new URL(link, page.url);
      expect(target.origin).toBe(gateway.url);
      const answer = await fetch(target);
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
    // The viewer would otherwise send the document's address to a validator of its makers.
    expect(await (await get('/docs/static/swagger-initializer.js')).text()).toContain('validatorUrl: null');
  });
});
