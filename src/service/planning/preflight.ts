// Makes sure, before anything is bought, that the pictures, sounds and videos of a clip are there and are what they say.

import { ANONYMOUS } from '../../core/client.ts';
import type { ClipSpec } from '../../core/clip/clip-spec.ts';
import { findMediaFault, isTypeOf } from '../../core/clip/media-format.ts';
import { listMediaLinks, type MediaLink } from '../../core/clip/media-link.ts';
import { ClipgateError, type InputError } from '../../core/errors.ts';
import type { MediaProbe, Unreachable } from '../../outbound/client-urls/media-probe.ts';
import { readDataUrl } from './data-url.ts';
import { createFairLimit, type FairLimitOptions } from './fair-limit.ts';

export interface Preflight {
  /**
   * Looks at every URL of a spec, where `asked` or where the gateway always does.
   * @throws ClipgateError media_unreachable, with a fault for each URL that is wrong.
   */
  check(spec: ClipSpec, asked: boolean, clientId?: string): Promise<void>;
}

export interface PreflightOptions {
  readonly mode: 'always' | 'on_request';
  /** URLs of one spec looked at at once. */
  readonly concurrency: number;
  /** URLs looked at at once for all clients, and for one: clients take turns. */
  readonly limits: FairLimitOptions;
  /** For one URL. */
  readonly probeMs: number;
  /** For a whole spec: what was not looked at by then counts as not there. */
  readonly deadlineMs: number;
  /** Of one data: URL, decoded. */
  readonly maxInlineBytes: number;
}

const UNREACHABLE: Readonly<Record<Unreachable, string>> = {
  // One sentence for a name that does not exist, one that leads inside and an address that is not public.
  no_public_address: 'cannot be reached: its host has no public address',
  refused: 'cannot be reached: nothing answers there',
  timeout: 'did not answer in time',
  certificate: 'cannot be reached: its certificate is not valid',
  broken: 'cannot be read: the connection broke or the answer is not HTTP',
  insecure_redirect: 'redirects to a URL that is not https',
  too_many_redirects: 'redirects too often',
};

export function createPreflight(
  parts: { readonly probe: MediaProbe['probe'] },
  options: PreflightOptions,
): Preflight {
  const limit = createFairLimit(options.limits);

  /** In its client's turn; where that does not come before the deadline, nothing was learned in time. */
  function findFault(link: MediaLink, client: string, deadline: AbortSignal): Promise<string | null> {
    return limit
      .run(client, deadline, () => probe(link, deadline))
      .catch((error: unknown) => {
        if (deadline.aborted) return UNREACHABLE.timeout;
        throw error;
      });
  }

  async function probe({ kind, url }: MediaLink, deadline: AbortSignal): Promise<string | null> {
    const signal = AbortSignal.any([deadline, AbortSignal.timeout(options.probeMs)]);
    const probed = await parts.probe(url, (type) => isTypeOf(kind, type), signal);
    switch (probed.kind) {
      case 'read':
        return findMediaFault(kind, probed.contentType, probed.head);
      case 'status':
        return `answers ${probed.status}`;
      case 'unreachable':
        return UNREACHABLE[probed.why];
    }
  }

  return {
    async check(spec, asked, clientId = ANONYMOUS) {
      if (!asked && options.mode !== 'always') return;
      const deadline = AbortSignal.timeout(options.deadlineMs);
      // A picture that is named twice, as frames often are, is fetched once.
      const looks = new Map<string, Promise<string | null>>();
      const look = (link: MediaLink) => {
        if (link.url.startsWith('data:')) return findInlineFault(link.kind, link.url, options.maxInlineBytes);
        const key = `${link.kind} ${link.url}`;
        const looking = looks.get(key) ?? findFault(link, clientId, deadline);
        looks.set(key, looking);
        return looking;
      };
      const found = await mapLimited(listMediaLinks(spec), options.concurrency, async (link) => ({
        pointer: link.pointer,
        message: await look(link),
      }));
      const errors = found.flatMap(({ pointer, message }): InputError[] =>
        message === null ? [] : [{ in: 'body', pointer, message }],
      );
      const [first] = errors;
      if (!first) return;
      const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
      throw new ClipgateError(
        'media_unreachable',
        `${first.pointer} ${first.message}${more}. Nothing was bought.`,
        {
          errors,
        },
      );
    },
  };
}

function findInlineFault(kind: MediaLink['kind'], url: string, maxBytes: number): string | null {
  const read = readDataUrl(url);
  if (read.kind === 'faulty') return read.fault;
  if (read.bytes > maxBytes) return `holds ${read.bytes} bytes, more than ${maxBytes}`;
  return findMediaFault(kind, read.contentType, read.head);
}

/** `Promise.all` over a map, with at most `limit` under way. */
async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
