// GET /: what this is and where things are, as JSON, or as HTML for a browser that asks for it.

import { z } from 'zod';
import { problems } from './api/schemas/problem.ts';
import { addVary } from './response/vary.ts';
import type { App } from './server/context.ts';

interface Place {
  readonly name: string;
  readonly path: string;
  readonly what: string;
}

const PLACES: readonly Place[] = [
  { name: 'console', path: '/console', what: 'Clips, money and reasons, for people.' },
  { name: 'documentation', path: '/docs', what: 'The API, to read and to try.' },
  { name: 'openapi', path: '/openapi.json', what: 'Its OpenAPI document.' },
  { name: 'models', path: '/models', what: 'Models with what they can do and what they cost.' },
  { name: 'route', path: '/route', what: 'POST a clip: which model fits, and at what price.' },
  { name: 'jobs', path: '/jobs', what: 'POST a clip to buy it; GET what became of it.' },
  { name: 'openrouter', path: '/api/v1', what: "OpenRouter's video API, for its clients." },
  { name: 'openrouter_openapi', path: '/api/v1/openapi.json', what: 'The OpenAPI document of that.' },
  { name: 'openai', path: '/v1', what: "OpenAI's Videos API, for its clients." },
  { name: 'openai_openapi', path: '/v1/openapi.json', what: 'The OpenAPI document of that.' },
  { name: 'mcp', path: '/mcp', what: 'POST: tools for agents, by the Model Context Protocol.' },
  { name: 'health', path: '/readyz', what: 'Whether this gateway can serve.' },
];

const DESCRIPTION = 'A routing gateway for AI video.';
// Nothing is loaded, and nothing runs.
const CSP =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'unsafe-inline'";

export const RootSchema = z
  .object({
    name: z.literal('Clipgate'),
    version: z.string(),
    description: z.string(),
    links: z.record(z.string(), z.string()).describe('Paths on this gateway, by name.'),
  })
  .meta({
    id: 'Root',
    description: 'The name and version of the gateway, and the paths of its endpoints.',
    examples: [
      {
        name: 'Clipgate',
        version: '1.0.0',
        description: DESCRIPTION,
        links: { documentation: '/docs', jobs: '/jobs' },
      },
    ],
  });

export function rootRoute({ version }: { readonly version: string }) {
  const about = {
    name: 'Clipgate' as const,
    version,
    description: DESCRIPTION,
    links: Object.fromEntries(PLACES.map(({ name, path }) => [name, path])),
  };
  const page = renderPage(version);
  return async (app: App): Promise<void> => {
    app.get(
      '/',
      {
        schema: {
          operationId: 'getRoot',
          summary: 'Name, version and endpoints of the gateway',
          description: 'A browser that asks for HTML gets a page, everything else JSON. Needs no key.',
          tags: ['operations'],
          security: [],
          response: { 200: RootSchema, ...problems(405) },
        },
      },
      async (request, reply) => {
        reply.header('cache-control', 'no-store');
        addVary(reply, 'accept');
        if (!prefersHtml(request.headers.accept)) return about;
        reply.type('text/html; charset=utf-8').header('content-security-policy', CSP);
        return reply.send(page as never);
      },
    );
  };
}

/** True where HTML is named before JSON, as browsers do; one that takes anything gets JSON. */
function prefersHtml(accept = ''): boolean {
  const types = accept.split(',').map((part) => part.split(';')[0]?.trim().toLowerCase());
  const html = types.indexOf('text/html');
  const json = types.indexOf('application/json');
  return html >= 0 && (json < 0 || html < json);
}

const renderPage = (version: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Clipgate</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}dt{font-weight:600}dd{margin:0 0 .6rem}</style>
<h1>Clipgate</h1>
<p>${DESCRIPTION} Version ${version}.</p>
<dl>
${PLACES.map(({ path, what }) => `<dt><a href="${path}">${path}</a></dt><dd>${what}</dd>`).join('\n')}
</dl>
</html>
`;
