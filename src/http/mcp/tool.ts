// A tool of the MCP server: its name, input and output schemas, required scope, and handler.

import { z } from 'zod';
import { ClipgateError } from '../../core/errors.ts';
import type { Origin } from '../../core/origin.ts';
import type { Principal } from '../../core/principal.ts';
import { invalidRequest } from '../input/input-errors.ts';
import { describeIssues } from '../input/zod-errors.ts';
import { type Json, type JsonObject, tidySchema } from '../openapi/postprocess.ts';

/** Who calls a tool, and over which connection. */
export interface ToolCall {
  readonly principal: Principal;
  /** The request, as it is kept with the job that it orders. */
  readonly origin: Origin;
  /** Aborted where the client has gone. */
  readonly signal: AbortSignal;
  /** Where the client reaches this gateway; '' where that is unknown. */
  readonly baseUrl: string;
  /** The job that the call made or found again, for the log. */
  noteJob(jobId: string): void;
}

/** A file beside an answer, which the client may fetch. */
export interface ResourceLink {
  readonly type: 'resource_link';
  readonly uri: string;
  readonly name: string;
  readonly mimeType: string;
  readonly description: string;
  readonly size?: number;
}

export interface ToolAnswer {
  /** As the tool's output schema says. */
  readonly structured: Readonly<Record<string, unknown>>;
  readonly links?: readonly ResourceLink[];
}

/** A tool as `tools/list` describes it, in MCP's names. */
export interface ToolDescription {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  readonly inputSchema: JsonObjectSchema;
  readonly outputSchema: JsonObjectSchema;
}

interface JsonObjectSchema {
  readonly type: 'object';
  readonly [keyword: string]: unknown;
}

export interface Tool {
  readonly name: string;
  /** Computed at each call: it takes some milliseconds, which a gateway without agents need not spend at start. */
  describe(): ToolDescription;
  /** @throws ClipgateError invalid_request; scope_missing; whatever the tool refuses. */
  call(args: unknown, call: ToolCall): Promise<ToolAnswer>;
}

/** By what they need: a host may call what only reads without asking its user, and asks before what spends. */
const ANNOTATIONS = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  write: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
} as const;

/** @param spec.scope what the caller's key must be allowed to do. */
export function defineTool<I extends z.ZodType, O extends z.ZodType<object>>(spec: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly scope: keyof typeof ANNOTATIONS;
  readonly input: I;
  readonly output: O;
  readonly run: (args: z.output<I>, call: ToolCall) => Promise<ToolAnswer>;
}): Tool {
  const { name, title, description, scope, input, output, run } = spec;
  return {
    name,
    describe: () => ({
      name,
      title,
      description,
      annotations: ANNOTATIONS[scope],
      inputSchema: toJsonSchema(input, 'input'),
      outputSchema: toJsonSchema(output, 'output'),
    }),
    async call(args, call) {
      if (!call.principal.scopes.includes(scope)) {
        throw new ClipgateError('scope_missing', `This key lacks the scope "${scope}".`);
      }
      const parsed = input.safeParse(args);
      if (!parsed.success) throw invalidRequest(describeIssues(parsed.error.issues, args, 'body'));
      return run(parsed.data, call);
    },
  };
}

/** Without examples: models read every word of a schema, of every tool that they have. */
function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObjectSchema {
  const json = z.toJSONSchema(schema, {
    io,
    override({ jsonSchema }) {
      delete jsonSchema.examples;
      delete jsonSchema.id;
    },
  });
  const { $ref, $schema, $defs = {}, ...root } = tidySchema(json as Json, io === 'output') as JsonObject;
  // Clients look for the properties at the root.
  const { [String($ref).replace('#/$defs/', '')]: named, ...others } = $defs as JsonObject;
  const hasOthers = Object.keys(others).length > 0;
  return { ...root, ...(named as JsonObject), ...(hasOthers ? { $defs: others } : {}), type: 'object' };
}
