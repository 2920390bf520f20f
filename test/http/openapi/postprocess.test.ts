// The tidied document: what generators stumble over is gone, and what says something about the API is still there.

import { describe, expect, it } from 'vitest';
import { postprocessOpenApi } from '../../../src/http/openapi/postprocess.ts';

const REF = '#/components/schemas/';
const ref = (name: string) => ({ $ref: `${REF}${name}` });
const jsonOf = <T extends object>(schema: T) => ({ content: { 'application/json': { schema } } });

/** A document that takes `asked` and answers with `answered`, both by name. */
function tidy(schemas: Record<string, object>, { asked = 'Question', answered = 'Answer' } = {}) {
  const document = {
    paths: { '/x': { post: { requestBody: jsonOf(ref(asked)), responses: { 200: jsonOf(ref(answered)) } } } },
    components: { schemas },
  };
  const before = structuredClone(document);
  const tidied = postprocessOpenApi(document);
  expect(document).toEqual(before);
  return {
    schemas: tidied.components.schemas as Record<string, Record<string, unknown>>,
    asked: tidied.paths['/x'].post.requestBody.content['application/json'].schema.$ref,
    answered: tidied.paths['/x'].post.responses[200].content['application/json'].schema.$ref,
  };
}

const closed = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
const open = { type: 'object', properties: { a: { type: 'string' } } };

describe('names', () => {
  it('are one where input and answer say the same', () => {
    const { schemas, asked } = tidy(
      { Same: open, SameInput: open },
      { asked: 'SameInput', answered: 'Same' },
    );
    expect(schemas).toEqual({ Same: open });
    expect(asked).toBe(`${REF}Same`);
  });

  it('stay two where they differ, in themselves or in what they refer to', () => {
    const part = { type: 'string' };
    const { schemas } = tidy(
      {
        Whole: { type: 'array', items: ref('Part') },
        WholeInput: { type: 'array', items: ref('PartInput') },
        Part: part,
        PartInput: { ...part, minLength: 1 },
      },
      { asked: 'WholeInput', answered: 'Whole' },
    );
    expect(Object.keys(schemas).sort()).toEqual(['Part', 'PartInput', 'Whole', 'WholeInput']);
  });

  it('are plain for what is only ever sent to us', () => {
    const { schemas, asked } = tidy(
      { Question: closed, QuestionInput: closed, Answer: open },
      { asked: 'QuestionInput' },
    );
    expect(asked).toBe(`${REF}Question`);
    expect(schemas['Question']).toEqual(closed);
  });
});

describe('schemas', () => {
  it('nobody refers to are dropped, also those that only refer to each other', () => {
    const { schemas } = tidy({
      Question: closed,
      Answer: open,
      Dead: { anyOf: [ref('Deader')] },
      Deader: open,
    });
    expect(Object.keys(schemas)).toEqual(['Answer', 'Question']);
  });

  it('of answers are open, of questions closed', () => {
    const { schemas } = tidy(
      { Answer: closed, AnswerInput: closed, QuestionInput: closed },
      { asked: 'QuestionInput' },
    );
    expect(schemas['Answer']).not.toHaveProperty('additionalProperties');
    expect(schemas['Question']).toHaveProperty('additionalProperties', false);
  });

  it('keep what constrains and explains a value', () => {
    const kept = {
      type: 'object',
      description: 'A clip.',
      properties: {
        duration: { type: 'integer', minimum: 1, maximum: 3600, description: 'Seconds.', examples: [5] },
        prompt: { type: 'string', pattern: '^x', minLength: 1, maxLength: 9 },
        kind: { enum: ['a', 'b'], default: 'a' },
        // A field may be called what elsewhere is a keyword.
        readOnly: { type: 'boolean' },
        additionalProperties: { type: 'boolean' },
      },
      required: ['duration'],
      examples: [{ duration: 5, readOnly: true, additionalProperties: false }],
    };
    expect(tidy({ Question: open, Answer: kept }).schemas['Answer']).toEqual(kept);
  });

  it('lose the bounds of a double, zod readonly, and names that any string may be', () => {
    const { schemas } = tidy({
      Question: open,
      Answer: {
        type: 'object',
        properties: {
          count: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
          list: { type: 'array', readOnly: true },
          map: { type: 'object', propertyNames: { type: 'string' } },
          at: { type: 'string', format: 'date-time', pattern: '^(?:long)$' },
        },
      },
    });
    expect(schemas['Answer']?.['properties']).toEqual({
      count: { type: 'integer' },
      list: { type: 'array' },
      map: { type: 'object' },
      at: { type: 'string', format: 'date-time' },
    });
  });

  it('may be null in one way alone', () => {
    const { schemas } = tidy({
      Question: open,
      Answer: {
        type: 'object',
        properties: {
          size: { type: ['string', 'null'], pattern: '^x', description: 'A size.' },
          part: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        },
      },
    });
    expect(schemas['Answer']?.['properties']).toEqual({
      size: { anyOf: [{ type: 'string', pattern: '^x' }, { type: 'null' }], description: 'A size.' },
      part: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    });
  });

  it('with members of their own say nothing of others, and patterns have no needless escapes', () => {
    const { schemas } = tidy({
      Question: open,
      Answer: {
        type: 'object',
        properties: {
          id: { type: 'string', pattern: '^\\w+\\/\\.$' },
          map: { type: 'object', additionalProperties: {} },
        },
        additionalProperties: {},
      },
    });
    expect(schemas['Answer']).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string', pattern: '^\\w+/\\.$' },
        map: { type: 'object', additionalProperties: {} },
      },
    });
  });

  it('whose alternatives differ by a constant say by which', () => {
    const kind = (value: string) => ({ type: 'object', properties: { kind: { const: value }, a: {} } });
    const { schemas } = tidy({
      Question: open,
      Answer: { oneOf: [ref('Cat'), ref('Dog')] },
      Cat: kind('cat'),
      Dog: kind('dog'),
    });
    expect(schemas['Answer']).toMatchObject({
      discriminator: { propertyName: 'kind', mapping: { cat: `${REF}Cat`, dog: `${REF}Dog` } },
    });
  });

  it('whose alternatives do not, say nothing', () => {
    const { schemas } = tidy({
      Question: open,
      Answer: { oneOf: [ref('Cat'), { type: 'null' }] },
      Cat: open,
    });
    expect(schemas['Answer']).not.toHaveProperty('discriminator');
  });
});

describe('examples', () => {
  it('stand beside the schemas of parameters, bodies and good answers, where importers look', () => {
    const shown = { ...open, examples: [{ a: 'x' }, { a: 'y' }] };
    const document = {
      paths: {
        '/x/{id}': {
          post: {
            parameters: [
              { name: 'id', in: 'path', schema: { type: 'string', examples: ['1'] } },
              { name: 'n', in: 'query', schema: { type: 'string' } },
            ],
            requestBody: jsonOf(ref('Question')),
            responses: { 200: jsonOf(ref('Answer')), 400: jsonOf(ref('Answer')) },
          },
        },
      },
      components: { schemas: { Question: shown, Answer: { ...shown, examples: ['z'] } } },
    };
    const { parameters, requestBody, responses } = postprocessOpenApi(document).paths['/x/{id}'].post;
    expect(parameters.map((one) => ('example' in one ? one.example : null))).toEqual(['1', null]);
    expect(requestBody.content['application/json']).toMatchObject({ example: { a: 'x' } });
    expect(responses[200].content['application/json']).toMatchObject({ example: 'z' });
    expect(responses[400].content['application/json']).not.toHaveProperty('example');
  });
});
