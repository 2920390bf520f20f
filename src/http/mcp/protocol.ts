// Speaks the Model Context Protocol: one message in, its answer out, nothing kept between two of them.

import type { IncomingHttpHeaders } from 'node:http';
import type { ToolDescription } from './tool.ts';

export interface ProtocolAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /** Empty for a notification. */
  readonly text: string;
}

/** What a server has to say. */
export interface ProtocolServer {
  readonly version: string;
  readonly instructions: string;
  listTools(): readonly ToolDescription[];
  /** The result of a tool, failures included; null for one that does not exist. Does not reject. */
  callTool(name: string, args: unknown): Promise<ToolResult | null>;
}

export interface ToolResult {
  readonly isError?: boolean;
  readonly content: { readonly type: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
}

export interface ProtocolRequest {
  /** The message, as JSON. */
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly signal: AbortSignal;
}

/** The library takes a tenth of a second and 30 MB to load: only gateways that agents use pay for it. */
const loadLibrary = () => import('@modelcontextprotocol/server');

// The library wants one; nothing is read from it.
const URL_OF_NOWHERE = 'http://mcp.invalid/';

/**
 * Answers a message. Every message has a server of its own, which ends with it: whatever replica the next one comes
 * to can answer it.
 * @throws Error what the library failed with, which is no fault of the message.
 */
export async function answerMessage(
  { version, instructions, listTools, callTool }: ProtocolServer,
  { body, headers, signal }: ProtocolRequest,
): Promise<ProtocolAnswer> {
  const { createMcpHandler, INVALID_PARAMS, McpServer, ProtocolError } = await loadLibrary();
  const build = () => {
    const product = new McpServer(
      { name: 'clipgate', title: 'Clipgate', version },
      { capabilities: { tools: { listChanged: false } }, instructions },
    );
    // Below its own registry of tools, which would turn every schema into JSON for every message, and words of its own
    // for wrong arguments.
    product.server.setRequestHandler('tools/list', () => ({ tools: [...listTools()] }));
    product.server.setRequestHandler('tools/call', async ({ params }) => {
      const result = await callTool(params.name, params.arguments ?? {});
      if (result) return result as never;
      const names = listTools()
        .map(({ name }) => name)
        .join(', ');
      throw new ProtocolError(
        INVALID_PARAMS,
        `Unknown tool: ${params.name.slice(0, 100)}. There are ${names}.`,
      );
    });
    return product;
  };
  let failure: Error | null = null;
  const handler = createMcpHandler(build, {
    // Nothing here changes while a client listens, and a stream would outlast the bounds of a request.
    maxSubscriptions: 0,
    keepAliveMs: 0,
    onerror: (error) => {
      failure = error;
    },
  });
  const request = new Request(URL_OF_NOWHERE, { method: 'POST', headers: passOn(headers), signal });
  const response = await handler.fetch(request, { parsedBody: body });
  const text = await response.text();
  if (response.status >= 500) throw failure ?? new Error(`the MCP library answered ${response.status}`);
  return { status: response.status, contentType: response.headers.get('content-type'), text };
}

/** Those that the protocol reads, and no key. */
function passOn(headers: IncomingHttpHeaders): Headers {
  const passed = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    if (name === 'accept' || name === 'content-type' || name.startsWith('mcp-')) passed.set(name, value);
  }
  return passed;
}

/** Whether a page of this origin may use this gateway. @param hosts of such pages, without ports. */
export async function isOriginAllowed(origin: string, hosts: readonly string[]): Promise<boolean> {
  const { localhostAllowedOrigins, validateOriginHeader } = await loadLibrary();
  return validateOriginHeader(origin, [...localhostAllowedOrigins(), ...hosts]).ok;
}
