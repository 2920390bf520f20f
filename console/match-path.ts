// Matches the path of a page against the patterns of routes.

/**
 * The parameters that a pattern such as `/jobs/:id` finds in a path, or null. `:id*` at the end takes the rest, slashes
 * and all.
 */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index];
    if (part.startsWith(':') && part.endsWith('*')) {
      const rest = given.slice(index).join('/');
      if (rest === '') return null;
      params[part.slice(1, -1)] = decode(rest);
      return params;
    }
    if (part.startsWith(':')) {
      if (!value) return null;
      params[part.slice(1)] = decode(value);
    } else if (part !== value) return null;
  }
  return given.length === wanted.length ? params : null;
}

/** As it is where it is no encoding of anything. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
