// Describes the control API as OpenAPI 3.1, from the schemas that parse its requests.
import { z } from 'zod';
import type { Operation } from './operations.ts';

/** The document served at `/_sim/openapi.json`. */
export function describeOperations(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const path = `/_sim${operation.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Levers of the simulated OpenRouter',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'What was bought, what time it is, and which faults are due. The simulated API is under /api/v1.',
    },
    servers: [{ url: '/' }],
    security: [],
    paths,
  };
}

function describe(operation: Operation): object {
  const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const refusal = { description: 'Invalid request', ...json(RefusalSchema, 'output') };
  const body = operation.body;
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(names.length === 0
      ? {}
      : {
          parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
        }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, ...json(body, 'input', operation.example) } }),
    responses: {
      ...(operation.answer === undefined
        ? { 204: { description: 'Done' } }
        : { 200: { description: 'Done', ...json(operation.answer, 'output') } }),
      ...(body === undefined ? {} : { 400: refusal }),
      ...(names.length === 0 ? {} : { 404: { ...refusal, description: 'Not found' } }),
    },
  };
}

const RefusalSchema = z.object({ message: z.string() });

function json(schema: z.ZodType, io: 'input' | 'output', example?: unknown): object {
  const { $schema: _draft, ...described } = z.toJSONSchema(schema, { io });
  return {
    content: { 'application/json': { schema: described, ...(example === undefined ? {} : { example }) } },
  };
}
