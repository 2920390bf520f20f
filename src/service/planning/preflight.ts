// Checks before a purchase that the media URLs of a clip are reachable and of their declared type.

import { ANONYMOUS } from '../../core/client.ts';
import type { ClipSpec } from '../../core/clip/clip-spec.ts';
import { findMediaFault, isTypeOf } from '../../core/clip/media-format.ts';
import { listMediaLinks, type MediaLink } from '../../core/clip/media-link.ts';
import { ClipgateError, type InputError } from '../../core/errors.ts';
import type { MediaProbe, Unreachable } from '../../outbound/client-urls/media-probe.ts';
import { createFairLimit, type FairLimitOptions } from '../runtime/fair-limit.ts';
import { readDataUrl } from './data-url.ts';

export interface Preflight {
  /**
   * Looks at every URL of a spec, where `asked` or where the gateway always does.
   * @throws ClipgateError media_unreachable, with a fault for each URL that is wrong.
   */
  check(spec: ClipSpec, asked: boolean, clientId?: string): Promise<MediaFacts>;
}

/** What was learned of the media. */
export interface MediaFacts {
  /** Of all video references together; null where there are none, or not each one's length is known. */
  readonly videoReferenceSeconds: number | null;
}

/** Of one URL. */
interface Look {
  readonly fault: string | null;
  readonly seconds: number | null;
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
  function lookAt(link: MediaLink, client: string, deadline: AbortSignal): Promise<Look> {
    return limit
      .run(client, deadline, () => probe(link, deadline))
      .catch((error: unknown) => {
        if (deadline.aborted) return { fault: UNREACHABLE.timeout, seconds: null };
        throw error;
      });
  }

  async function probe({ kind, url }: MediaLink, deadline: AbortSignal): Promise<Look> {
    const signal = AbortSignal.any([deadline, AbortSignal.timeout(options.probeMs)]);
    const probed = await parts.probe(url, (type) => isTypeOf(kind, type), signal, kind === 'video');
    switch (probed.kind) {
      case 'read':
        return { fault: findMediaFault(kind, probed.contentType, probed.head), seconds: probed.seconds };
      case 'status':
        return { fault: `answers ${probed.status}`, seconds: null };
      case 'unreachable':
        return { fault: UNREACHABLE[probed.why], seconds: null };
    }
  }

  return {
    async check(spec, asked, clientId = ANONYMOUS) {
      if (!asked && options.mode !== 'always') return { videoReferenceSeconds: null };
      const deadline = AbortSignal.timeout(options.deadlineMs);
      // A picture that is named twice, as frames often are, is fetched once.
      const looks = new Map<string, Promise<Look>>();
      const look = async (link: MediaLink): Promise<Look> => {
        if (link.url.startsWith('data:'))
          return { fault: findInlineFault(link.kind, link.url, options.maxInlineBytes), seconds: null };
        const key = `${link.kind} ${link.url}`;
        const looking = looks.get(key) ?? lookAt(link, clientId, deadline);
        looks.set(key, looking);
        return looking;
      };
      const found = await mapLimited(listMediaLinks(spec), options.concurrency, async (link) => ({
        ...link,
        ...(await look(link)),
      }));
      const errors = found.flatMap(({ pointer, fault }): InputError[] =>
        fault === null ? [] : [{ in: 'body', pointer, message: fault }],
      );
      const [first] = errors;
      if (!first) return { videoReferenceSeconds: sumOf(found.filter(({ kind }) => kind === 'video')) };
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

/** In hundredths, rounded up: what a provider measures may be a frame more. */
function sumOf(videos: readonly Look[]): number | null {
  let sum = 0;
  for (const { seconds } of videos) {
    if (seconds === null) return null;
    sum += seconds;
  }
  return videos.length === 0 ? null : Math.ceil(Math.round(sum * 1e6) / 1e4) / 100;
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
