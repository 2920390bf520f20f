// Where a search leads: a model by its id; what it is for the rest is decided by its form.

/**
 * The path and query of the page that has what was typed, or null where nothing can have it.
 * @param hasPage whether the reader has a page at such a path.
 */
export function findPlace(text: string, hasPage: (path: string) => boolean): string | null {
  const wanted = text.trim();
  const to = (path: string, query = '') => (wanted !== '' && hasPage(path) ? `${path}${query}` : null);
  if (/^job_\w+$/.test(wanted)) return to(`/jobs/${wanted}`);
  if (/^[\w.-]+\/[\w.-]+$/.test(wanted)) return to(`/models/${wanted}`);
  return to('/jobs', `?reference=${encodeURIComponent(wanted)}`);
}
