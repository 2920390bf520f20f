// A request of this gateway as a command, as a program and as a call over MCP, to take elsewhere.

/** What is asked for, in the API's own words. */
export interface Snippet {
  /** Of the gateway, such as `https://clips.example`. */
  readonly origin: string;
  readonly path: string;
  readonly body: object;
  /** Beside the key and the type of the body. */
  readonly headers?: Readonly<Record<string, string>>;
}

const DATA_URL = /^(data:[\w/+.-]+;base64,).{40,}$/s;

/** With pictures cut: a megabyte of base64 is too much to paste. */
const write = (body: object): string =>
  JSON.stringify(
    body,
    (_, value) => (typeof value === 'string' ? value.replace(DATA_URL, '$1...') : value),
    2,
  );

export function toCurl({ origin, path, body, headers = {} }: Snippet): string {
  const json = write(body).replaceAll("'", String.raw`'\''`);
  const more = Object.entries(headers)
    .map(([name, value]) => ` -H '${name}: ${value}'`)
    .join('');
  return `curl -s ${origin}${path} \\
  -H "authorization: Bearer $CLIPGATE_KEY" -H 'content-type: application/json'${more} \\
  -d '${json}'`;
}

/** @param members what the program takes of the answer. */
export function toTypeScript(
  { origin, path, body, headers = {} }: Snippet,
  members: readonly string[],
): string {
  const more = Object.entries(headers)
    .map(([name, value]) => `\n    '${name}': '${value}',`)
    .join('');
  return `const answer = await fetch('${origin}${path}', {
  method: 'POST',
  headers: {
    authorization: \`Bearer \${process.env.CLIPGATE_KEY}\`,
    'content-type': 'application/json',${more}
  },
  body: JSON.stringify(${write(body).replaceAll('\n', '\n  ')}),
});
const { ${members.join(', ')} } = await answer.json();
`;
}

/** A call of a tool of `POST /mcp`, as it goes over the wire. */
export const toMcp = (origin: string, tool: string, args: object): string =>
  toCurl({
    origin,
    path: '/mcp',
    headers: { accept: 'application/json, text/event-stream' },
    body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: args } },
  });
