// POST /mcp: tools for agents, over the orders and jobs of this gateway; a sibling scope with errors of its own.

import type { FastifyRequest } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import type { ContentLinks } from '../../service/clips/content-links.ts';
import type { Authenticator } from '../server/auth.ts';
import { COST_NOTHING, createScope } from '../server/authority.ts';
import { baseUrlOf } from '../server/base-url.ts';
import type { App } from '../server/context.ts';
import { collectRoutes } from '../server/method-not-allowed.ts';
import { originOf } from '../server/origin.ts';
import type { RateLimiter } from '../server/rate-limit.ts';
import { handleMcpError, toToolError } from './error-answer.ts';
import { answerMessage, isOriginAllowed, type ToolResult } from './protocol.ts';
import { MessageSchema } from './schemas.ts';
import type { Tool, ToolCall, ToolDescription } from './tool.ts';
import { type CatalogToolsParts, catalogTools } from './tools/catalog-tools.ts';
import { type JobToolsParts, jobTools } from './tools/job-tools.ts';
import { type PurchaseToolsParts, purchaseTools } from './tools/purchase-tools.ts';
import { spendTools } from './tools/spend-tools.ts';

export interface McpFaceParts
  extends CatalogToolsParts,
    Omit<PurchaseToolsParts, 'jobs' | 'links'>,
    Omit<JobToolsParts, 'links'> {
  readonly spend: Parameters<typeof spendTools>[0]['spend'];
  readonly authenticate: Authenticator;
  readonly rateLimiter: RateLimiter;
  readonly links: ContentLinks;
  /** Makes JSON the only body that a scope reads. */
  readonly readBodies: (app: App) => void;
  readonly version: string;
  /** PUBLIC_URL; undefined = clients reach this gateway at the address they use. */
  readonly publicUrl: string | undefined;
}

export const MCP_PATH = '/mcp';

/** What arguments a model writes; media come as URLs. */
const BODY_LIMIT = 4 * 1024 * 1024;

const INSTRUCTIONS = `Clipgate buys AI video clips from many models at known prices.
To make a clip: call quote_clip with a prompt (and duration, resolution, aspect_ratio, generate_audio where they matter), look at ceiling_usd, call buy_clip with the quote and an idempotency_key of your own, then wait_for_job until ended is true. The clip is the resource link of the answer.
Only buy_clip spends money. If it fails or you do not see its answer, call it again with the same quote and idempotency_key.
Errors are JSON: detail says what to do; nearest lists changes of the clip that a model could make.`;

export function mcpFace(parts: McpFaceParts) {
  const { rateLimiter, publicUrl, version } = parts;
  const scope = createScope(parts.authenticate, parts.links, rateLimiter, {});
  const tools = new Map(
    [...catalogTools(parts), ...purchaseTools(parts), ...jobTools(parts), ...spendTools(parts)].map(
      (tool) => [tool.name, tool],
    ),
  );
  let descriptions: readonly ToolDescription[] | null = null;
  function listTools(): readonly ToolDescription[] {
    descriptions ??= [...tools.values()].map((tool) => tool.describe());
    return descriptions;
  }
  const ownHosts = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];

  async function callTool(tool: Tool, args: unknown, request: FastifyRequest): Promise<ToolResult> {
    const call: ToolCall = {
      principal: request.principal,
      origin: originOf(request),
      signal: request.signal,
      baseUrl: baseUrlOf(request, publicUrl),
      noteJob(jobId) {
        request.jobId = jobId;
      },
    };
    try {
      const { structured, links = [] } = await tool.call(args, call);
      // As text too, for clients that hand models nothing else.
      const text = { type: 'text', text: JSON.stringify(structured) };
      return { content: [text, ...links], structuredContent: structured };
    } catch (thrown) {
      const { error, result } = toToolError(thrown, request);
      if (COST_NOTHING.has(error.code)) rateLimiter.giveBack(request);
      return result;
    }
  }

  return async (face: App): Promise<void> => {
    face.setErrorHandler(handleMcpError);
    face.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store');
      done();
    });
    const guardMethods = collectRoutes(face);
    await face.register(
      scope('client', async (app) => {
        parts.readBodies(app);
        // A page that a browser shows of elsewhere, or that a name leads here by DNS rebinding.
        app.addHook('onRequest', async ({ headers }) => {
          const { origin } = headers;
          if (origin === undefined || (await isOriginAllowed(origin, ownHosts))) return;
          throw new ClipgateError('cross_origin', 'Browser pages of another origin cannot use this gateway.');
        });
        app.post(
          MCP_PATH,
          {
            bodyLimit: BODY_LIMIT,
            // What a tool needs beyond reading it asks for itself.
            config: { changesNothing: true },
            // MCP describes its tools itself (tools/list): OpenAPI has no words for JSON-RPC.
            schema: { hide: true, body: MessageSchema },
          },
          async (request, reply) => {
            const server = {
              version,
              instructions: INSTRUCTIONS,
              listTools,
              callTool: async (name: string, args: unknown) => {
                const tool = tools.get(name);
                return tool ? callTool(tool, args, request) : null;
              },
            };
            const { body, headers, signal } = request;
            const answer = await answerMessage(server, { body, headers, signal });
            reply.code(answer.status);
            if (answer.contentType !== null) reply.header('content-type', answer.contentType);
            return reply.send(answer.text as never);
          },
        );
      }),
    );
    guardMethods();
  };
}
