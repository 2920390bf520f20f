// The form of a URL that a client asks to be called at: all of it that can be judged without an operator's list.

/** Longer than any address of a service; what is larger is content. */
export const MAX_CALLBACK_URL = 2048;

/** Names restrict callbacks to these hosts; networks allow private addresses in addition to public ones. */
export interface CallbackAllow {
  /** Hosts, and with a leading full stop all hosts under a name; empty = every host. */
  readonly names: readonly string[];
  /** In CIDR notation: may be called beside public addresses. */
  readonly networks: readonly string[];
}

/** What is wrong with it, as the client reads it; null where nothing is. */
export function findCallbackUrlFault(url: string): string | null {
  if (url.length > MAX_CALLBACK_URL) return `must have at most ${MAX_CALLBACK_URL} characters`;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return 'must be an https: URL';
  const { username, password, hash } = new URL(url);
  if (username || password) return 'must not contain credentials: callbacks are signed';
  return hash ? 'must not contain a fragment, which is never sent' : null;
}
