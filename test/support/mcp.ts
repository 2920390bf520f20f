// The MCP face as a client sees it on the wire: one message to POST /mcp, its answer as JSON.

import { CLIENT_KEY, type TestGateway } from './gateway.ts';

export interface RpcAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly id: unknown;
  readonly result: ToolResult & Readonly<Record<string, unknown>>;
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code?: string };
  };
}

export interface ToolResult {
  readonly isError?: boolean;
  readonly content: readonly {
    readonly type: string;
    readonly text?: string;
    readonly uri?: string;
    readonly mimeType?: string;
  }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
}

/** What a tool refused, as the model reads it. */
export interface ToolProblem {
  readonly code: string;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  readonly nearest?: readonly { readonly change: object; readonly admits: readonly string[] }[];
  readonly fresh_quote?: {
    readonly quote: string;
    readonly model: string;
    readonly ceiling_usd: number;
  } | null;
  readonly job_id?: string;
  readonly [member: string]: unknown;
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Sends a body as it is. @param headers over those of a client of the first key. */
export async function sendMessage(
  { url }: Pick<TestGateway, 'url'>,
  body: string | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<RpcAnswer> {
  const answer = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CLIENT_KEY}`, ...HEADERS, ...headers },
    body,
  });
  const text = await answer.text();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  const message = data === '' ? {} : (JSON.parse(data) as Partial<RpcAnswer>);
  return { ...(message as RpcAnswer), status: answer.status, headers: answer.headers, text };
}

/** Asks for a method. */
export const request = (
  gateway: Pick<TestGateway, 'url'>,
  method: string,
  params: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<RpcAnswer> =>
  sendMessage(gateway, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), headers);

const as = (key: string) => ({ authorization: `Bearer ${key}` });

/** The result of a tool, failed or not. */
export async function callTool(
  gateway: Pick<TestGateway, 'url'>,
  name: string,
  args: object = {},
  key: string = CLIENT_KEY,
): Promise<ToolResult> {
  const answer = await request(gateway, 'tools/call', { name, arguments: args }, as(key));
  if (answer.status !== 200 || answer.error) throw new Error(`${name}: ${answer.status} ${answer.text}`);
  return answer.result;
}

/** What a tool answered. @throws Error where it failed. */
export async function ask<T = Readonly<Record<string, unknown>>>(
  gateway: Pick<TestGateway, 'url'>,
  name: string,
  args: object = {},
  key: string = CLIENT_KEY,
): Promise<T> {
  const result = await callTool(gateway, name, args, key);
  if (result.isError) throw new Error(`${name}: ${result.content[0]?.text}`);
  return result.structuredContent as T;
}

/** What a tool refused. @throws Error where it did not. */
export async function refusalOf(
  gateway: Pick<TestGateway, 'url'>,
  name: string,
  args: object = {},
  key: string = CLIENT_KEY,
): Promise<ToolProblem> {
  const result = await callTool(gateway, name, args, key);
  if (!result.isError)
    throw new Error(`${name} was not refused: ${JSON.stringify(result.structuredContent)}`);
  return JSON.parse(result.content[0]?.text ?? '') as ToolProblem;
}
