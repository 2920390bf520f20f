// The form of POST /v1/videos as the document describes it, held against what the gateway takes.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

interface Form {
  readonly properties: Readonly<Record<string, { readonly format?: string }>>;
  readonly required: readonly string[];
  readonly examples: readonly [Readonly<Record<string, string>>];
}
interface Document {
  readonly paths: Readonly<Record<'/v1/videos', { post: { requestBody: { content: Content } } }>>;
  readonly components: { readonly schemas: { readonly CreateVideoForm: Form } };
}
interface Content {
  readonly 'multipart/form-data': {
    readonly encoding: { readonly input_reference: { readonly contentType: string } };
  };
}

const { paths, components } = JSON.parse(readFileSync('openapi/openai-face.json', 'utf8')) as Document;
const { properties, required, examples } = components.schemas.CreateVideoForm;
const types =
  paths['/v1/videos'].post.requestBody.content[
    'multipart/form-data'
  ].encoding.input_reference.contentType.split(', ');

/** The first bytes of a file of each type. */
const FILES: Readonly<Record<string, Buffer>> = {
  'image/png': Buffer.from('89504e470d0a1a0a', 'hex'),
  'image/jpeg': Buffer.from('ffd8ffe0', 'hex'),
  'image/webp': Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'),
};
const VALUES: Readonly<Record<string, string>> = {
  ...examples[0],
  user: 'someone',
  'input_reference[image_url]': 'data:image/png;base64,iVBORw0KGgo=',
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(() => gateway.close());

async function order(
  fields: Readonly<Record<string, string | Blob>>,
): Promise<{ status: number; code?: string }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value as string);
  const answer = await gateway.request('/v1/videos', { method: 'POST', body: form });
  const { error } = (await answer.json()) as { error: { code: string } | null };
  return { status: answer.status, ...(error && { code: error.code }) };
}

it('takes every field of text that it describes', async () => {
  const fields = Object.keys(properties).filter((name) => properties[name]?.format !== 'binary');
  const form = Object.fromEntries(fields.map((name) => [name, VALUES[name] ?? `no value for ${name}`]));
  expect(await order(form)).toEqual({ status: 200 });
});

it.each(types)('takes a file of type %s', async (type) => {
  const file = new Blob([FILES[type] ?? Buffer.of()], { type });
  expect(await order({ ...examples[0], input_reference: file })).toEqual({ status: 200 });
});

it('takes no file of another type, and no field beside those', async () => {
  const gif = new Blob(['GIF89a'], { type: 'image/png' });
  expect(await order({ ...examples[0], input_reference: gif })).toMatchObject({ status: 400 });
  expect(await order({ ...examples[0], fps: '24' })).toEqual({ status: 400, code: 'unknown_parameter' });
});

it.each(required)('requires %s', async (name) => {
  const { [name]: _, ...rest } = examples[0];
  expect(await order(rest)).toEqual({ status: 400, code: 'missing_required_parameter' });
});
