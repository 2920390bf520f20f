// Checks the form of a media URL in a clip spec, with one sentence for each kind of error. Never decodes or fetches it.

export type MediaKind = 'image' | 'audio' | 'video';

// Longer than any signed URL. Larger values are content, and belong in a data: URL.
const MAX_URL = 8192;
const MAX_MEDIA_TYPE = 200;

/** What is wrong with the URL, for its sender; null if it is valid. Only images and sounds may be `data:` URLs. */
export function findMediaUrlError(url: string, kind: MediaKind): string | null {
  // The ends alone: a pattern would look at every character of 30 MB.
  if (url.trim().length < url.length) return 'must not begin or end with white space';
  const [scheme = ''] = /^[a-z]{1,8}:/i.exec(url) ?? [];
  if (scheme !== scheme.toLowerCase()) return `must begin with ${scheme.toLowerCase()} in lower case`;
  if (scheme === 'data:') {
    return kind === 'video'
      ? 'must be an https: URL: video references cannot be data: URLs'
      : findDataUrlError(url, kind);
  }
  const accepted = kind === 'video' ? 'an https: URL' : `an https: URL or a data:${kind}/... URL`;
  if (!url.startsWith('https://')) return `must be ${accepted}`;
  if (url.length > MAX_URL) {
    const instead = kind === 'video' ? '' : ': send larger content as a data: URL';
    return `must have at most ${MAX_URL} characters${instead}`;
  }
  return URL.canParse(url) ? null : 'is not a valid URL';
}

/** `data:<kind>/<subtype>[;parameters],<at least one byte>` (RFC 2397). */
function findDataUrlError(url: string, kind: MediaKind): string | null {
  const comma = url.slice(0, MAX_MEDIA_TYPE).indexOf(',');
  if (comma < 0)
    return `must have a comma between its media type and its content: data:${kind}/...;base64,...`;
  const mediaType = url.slice('data:'.length, comma);
  if (!mediaType.startsWith(`${kind}/`)) {
    return mediaType.toLowerCase().startsWith(`${kind}/`)
      ? `must begin with data:${kind}/ in lower case`
      : `must be a data: URL of type ${kind}/...`;
  }
  const [subtype = '', ...parameters] = mediaType.slice(kind.length + 1).split(';');
  if (!/^[\w.+-]+$/.test(subtype))
    return `must name a media type, such as data:${kind}/${EXAMPLES[kind]};base64,...`;
  if (!parameters.every((one) => /^[\w.+=-]+$/.test(one)))
    return `has a malformed parameter in its media type: parameters are ;name=value, without quotes or spaces`;
  return comma === url.length - 1 ? 'has no content after the comma' : null;
}

const EXAMPLES: Readonly<Record<MediaKind, string>> = { image: 'png', audio: 'mpeg', video: 'mp4' };
