// Reads a Markdown file as a program: its fenced blocks, its curl commands, and how an answer printed in it compares.

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** Fenced code blocks in order. */
export function readBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

export interface CurlCommand {
  readonly url: string;
  readonly init: { method: string; headers: Record<string, string>; body?: string };
}

/**
 * Reads one curl command as far as ours go. @throws at any option it does not know, so that none is passed over.
 * @param variables what `$NAME` stands for.
 */
export function parseCurl(command: string, variables: Readonly<Record<string, string>>): CurlCommand {
  const words = [...command.trim().matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) =>
      single ?? (double ?? bare ?? '').replace(/\$(\w+)/g, (_, name) => variables[name] ?? ''),
  );
  const headers: Record<string, string> = {};
  let url = '';
  let method: string | undefined;
  let body: string | undefined;
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? '';
    const next = () => words[++index] ?? '';
    if (word === '-s' || word === '-sN') continue;
    if (word === '-o') next();
    else if (word === '-d') body = next();
    else if (word === '-X') method = next();
    else if (word === '-H') {
      const [name = '', value = ''] = next().split(/:\s*(.*)/s);
      headers[name] = value;
    } else if (word.startsWith('-') || url !== '') throw new Error(`cannot read ${word} in ${command}`);
    else url = word;
  }
  return {
    url,
    init: {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      ...(body === undefined ? {} : { body }),
    },
  };
}

/** Values that are other at every run; their kind is compared all the same. */
const VOLATILE = /(^|\.)(id|instance|url|self|content|fetched_at|age_s|key|last4|secret)$/;

/**
 * Where a shortened answer differs from the real one: what it shows must be there, what it leaves out may be. An
 * array shows some of the real one's entries, in their order.
 */
export function findDifferences(shown: unknown, real: unknown, path = ''): string[] {
  if (Array.isArray(shown)) {
    if (!Array.isArray(real)) return [`${path}: is no array`];
    if (shown.length === 0) return real.length === 0 ? [] : [`${path}: is shown empty, has ${real.length}`];
    let from = 0;
    return shown.flatMap((entry, index) => {
      const found = real.findIndex((one, at) => at >= from && findDifferences(entry, one, path).length === 0);
      if (found < 0) return findDifferences(entry, real[from], `${path}.${index}`);
      from = found + 1;
      return [];
    });
  }
  if (typeof shown === 'object' && shown !== null) {
    if (typeof real !== 'object' || real === null) return [`${path}: is no object`];
    return Object.entries(shown).flatMap(([key, value]) =>
      key in real
        ? findDifferences(value, (real as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`)
        : [`${path}.${key}: is not there`],
    );
  }
  if (VOLATILE.test(path) && !String(shown).includes('/') && typeof shown === typeof real) return [];
  if (VOLATILE.test(path) && typeof shown === 'string' && shown.startsWith('/jobs/')) return [];
  return Object.is(shown, real)
    ? []
    : [`${path}: shows ${JSON.stringify(shown)}, is ${JSON.stringify(real)}`];
}

/** Targets of links and images, outside of code. */
export function listLinks(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '`');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** Anchors of the headings of a page, as GitHub derives them. */
export const listAnchors = (markdown: string): string[] =>
  [...markdown.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
