// A question as a command and as a program, to take elsewhere.

import type { RouteBody } from './question.ts';

const DATA_URL = /^(data:[\w/+.-]+;base64,).{40,}$/s;

/** With pictures cut: a megabyte of base64 is too much to paste. */
const write = (body: RouteBody, indent: number): string =>
  JSON.stringify(
    body,
    (_, value) => (typeof value === 'string' ? value.replace(DATA_URL, '$1...') : value),
    indent,
  );

/** @param origin of the gateway, such as `https://clips.example`. */
export function toCurl(origin: string, body: RouteBody): string {
  const json = write(body, 2).replaceAll("'", String.raw`'\''`);
  return `curl -s ${origin}/route \\
  -H "authorization: Bearer $CLIPGATE_KEY" -H 'content-type: application/json' \\
  -d '${json}'`;
}

export const toTypeScript = (
  origin: string,
  body: RouteBody,
): string => `const answer = await fetch('${origin}/route', {
  method: 'POST',
  headers: {
    authorization: \`Bearer \${process.env.CLIPGATE_KEY}\`,
    'content-type': 'application/json',
  },
  body: JSON.stringify(${write(body, 2).replaceAll('\n', '\n  ')}),
});
const { selected, candidates, quote } = await answer.json();
`;
