// OpenRouter's video API over HTTP: one function per thing we ask of it. The key goes to its origin and nowhere else.

import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import type { SubmitBody } from '../../core/job/job.ts';
import type { PollResult } from '../../core/job/poll-result.ts';
import { cutSecrets } from '../../core/redact-upstream.ts';
import type { Secret } from '../../core/secret.ts';
import { createConnector } from '../proxy/connector.ts';
import type { ProxyRules } from '../proxy/proxy-rules.ts';
import { readJson } from './body.ts';
import type { RawCatalog } from './catalog-wire.ts';
import { asUpstreamError, parseRetryAfter, UpstreamError } from './errors.ts';
import { type SubmitOutcome, submitOnce } from './submit.ts';
import { createUpstreamLookup } from './upstream-lookup.ts';
import {
  type BillRecord,
  parseBillRecord,
  parseEndpointTags,
  parseErrorAnswer,
  parsePollAnswer,
} from './wire.ts';

/** What asking for a clip came to. `bytes` is null where upstream does not say (it usually does not). */
export type ContentResult =
  | {
      readonly kind: 'open';
      readonly body: Readable;
      readonly contentType: string;
      readonly bytes: number | null;
    }
  /** Upstream no longer has it. */
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface OpenRouter {
  /** Whether there is a key to pay with. */
  readonly canSubmit: boolean;
  /** Both model lists. @throws UpstreamError where the first cannot be had; without the second, `modalities` is null. */
  fetchCatalog(): Promise<RawCatalog>;
  /** How the public arena rates video models, as it came. @throws UpstreamError, also where there is no key. */
  fetchBenchmarks(): Promise<unknown>;
  /** The provider slugs of a model's endpoints. @throws UpstreamError where they cannot be had in `timeoutMs`. */
  fetchEndpointTags(modelId: string, timeoutMs: number): Promise<readonly string[]>;
  /** Sends one paid request, once. Never throws. */
  submit(body: SubmitBody, webhookUrl: string | null): Promise<SubmitOutcome>;
  /** Asks for a job once. Never throws. */
  poll(upstreamId: string): Promise<PollResult>;
  /** What upstream's billing record says of a generation; null where it says nothing, or cannot be asked. Never throws. */
  fetchBill(generationId: string): Promise<BillRecord | null>;
  /** Opens a finished clip. Never throws; the stream errors where the clip is cut or stalls. */
  openContent(upstreamId: string, index: number, signal: AbortSignal): Promise<ContentResult>;
  /** Ends every read that is under way; a submit has a connection of its own and goes on. */
  close(): Promise<void>;
}

export interface OpenRouterParts {
  readonly baseUrl: string;
  /** Asked for each request, so that a key can be replaced. */
  readonly apiKey: () => Secret | undefined;
  /** What else is cut out of upstream's words, besides the key. */
  readonly secrets?: readonly Secret[];
  /** Such as `clipgate/1.2.0`. */
  readonly userAgent: string;
  readonly now: () => number;
  /** Absent = every connection is made directly. */
  readonly proxyFor?: ProxyRules;
}

export interface OpenRouterTimeouts {
  readonly connectMs: number;
  readonly submitMs: number;
  /** For a whole JSON answer to a GET. */
  readonly readMs: number;
  /** Longest silence in the middle of a clip. */
  readonly stallMs: number;
}

// The live list is 40 kB for 30 models; a thousand times that is still no reason to fall over.
const MAX_CATALOG_BYTES = 64_000_000;
const MAX_BENCHMARKS_BYTES = 8_000_000;
const MAX_POLL_BYTES = 1_000_000;
const MAX_ERROR_BYTES = 100_000;

// Whatever else a server may call an MP4. Whether it is one, its bytes decide.
const MAY_BE_VIDEO = /^(video\/.+|application\/(mp4|octet-stream)|binary\/octet-stream|)$/;

// About our key, our account, our rate, or from a proxy on the way: they say nothing of the job that was asked for.
const NOT_OF_THE_JOB: ReadonlySet<number> = new Set([401, 402, 404, 407, 408, 425, 429]);

/** A media type as it is compared: in lower case, without parameters. */
const mediaTypeOf = (header: string | string[] | undefined): string =>
  (String(header ?? '').split(';')[0] ?? '').trim().toLowerCase();

/** @param parts.baseUrl such as `https://openrouter.ai/api/v1`, without a trailing slash. */
export function createOpenRouter(parts: OpenRouterParts, timeouts: OpenRouterTimeouts): OpenRouter {
  const connect = createConnector(parts.proxyFor ?? (() => null), {
    connectMs: timeouts.connectMs,
    lookup: createUpstreamLookup(),
  });
  const openAgent = (connections: number) =>
    new Agent({
      connect,
      headersTimeout: timeouts.readMs,
      bodyTimeout: timeouts.stallMs,
      connections,
    });
  const agent = openAgent(128);
  // Apart: a clip takes its connection for as long as upstream takes to send it, and polls must not wait for that.
  const contentAgent = openAgent(256);
  const headersOf = (withKey: boolean) => {
    const key = withKey ? parts.apiKey() : undefined;
    return { 'user-agent': parts.userAgent, ...(key ? { authorization: `Bearer ${key.reveal()}` } : {}) };
  };
  const urlOf = (path: string) => new URL(`${parts.baseUrl}${path}`);
  /** Providers quote the key they were called with: nothing leaves here with it, or with a telling part of it. */
  function withoutSecrets<T>(words: T): T {
    const key = parts.apiKey();
    return cutSecrets(words, [...(key ? [key] : []), ...(parts.secrets ?? [])]);
  }

  /** @throws UpstreamError for every answer but a 200. */
  async function get(
    path: string,
    signal: AbortSignal,
    withKey: boolean,
    dispatcher = agent,
  ): Promise<Dispatcher.ResponseData> {
    try {
      const response = await request(urlOf(path), {
        dispatcher,
        signal,
        headers: headersOf(withKey),
      });
      if (response.statusCode === 200) return response;
      const answer = withoutSecrets(parseErrorAnswer(await readJson(response.body, MAX_ERROR_BYTES)));
      throw new UpstreamError('status', `upstream answered ${response.statusCode}`, {
        status: response.statusCode,
        answer,
        retryAfterS: parseRetryAfter(response.headers['retry-after'], parts.now()),
      });
    } catch (thrown) {
      throw asUpstreamError(thrown);
    }
  }

  async function getJson(
    path: string,
    maxBytes: number,
    withKey: boolean,
    timeoutMs = timeouts.readMs,
  ): Promise<unknown> {
    const response = await get(path, AbortSignal.timeout(timeoutMs), withKey);
    try {
      const json = await readJson(response.body, maxBytes);
      if (json === undefined)
        throw new UpstreamError('unreadable', 'upstream answered 200 with something that is not JSON');
      return json;
    } catch (thrown) {
      throw asUpstreamError(thrown);
    }
  }

  return {
    canSubmit: parts.apiKey() !== undefined,

    async fetchCatalog() {
      const [models, modalities] = await Promise.all([
        getJson('/videos/models', MAX_CATALOG_BYTES, false),
        // Without this list models still route, only not by references: worth less than the catalog itself.
        getJson('/models?output_modalities=video', MAX_CATALOG_BYTES, false).catch(() => null),
      ]);
      return { models, modalities };
    },

    fetchBenchmarks: () =>
      getJson(
        '/benchmarks?source=design-arena&arena=models&category=video',
        MAX_BENCHMARKS_BYTES,
        parts.apiKey() !== undefined,
      ),
    async fetchEndpointTags(modelId, timeoutMs) {
      const path = `/models/${modelId.split('/').map(encodeURIComponent).join('/')}/endpoints`;
      const tags = parseEndpointTags(await getJson(path, MAX_POLL_BYTES, true, timeoutMs));
      if (tags) return tags;
      throw new UpstreamError('unreadable', 'the answer does not list endpoints');
    },

    async submit(body, webhookUrl) {
      const apiKey = parts.apiKey();
      if (!apiKey) return { kind: 'not_sent', reason: 'no OpenRouter key is configured' };
      const target = {
        url: urlOf('/videos'),
        apiKey,
        userAgent: parts.userAgent,
        now: parts.now,
        connect,
        timeoutMs: timeouts.submitMs,
      };
      const outcome = await submitOnce(target, body, webhookUrl);
      // An id that was accepted is paid for: it is kept as it came.
      return outcome.kind === 'accepted' ? outcome : withoutSecrets(outcome);
    },

    async poll(upstreamId) {
      try {
        const json = await getJson(`/videos/${encodeURIComponent(upstreamId)}`, MAX_POLL_BYTES, true);
        const answer = withoutSecrets(parsePollAnswer(json, upstreamId));
        return answer
          ? { kind: 'answer', ...answer }
          : { kind: 'unclear', reason: 'the answer to a poll is not that job', words: null };
      } catch (thrown) {
        const { status, answer, message } = asUpstreamError(thrown);
        // A 404 that is not in upstream's own format may come from a proxy on the way.
        if (status === 404 && answer !== null) return { kind: 'missing' };
        const isRefused = status !== null && status >= 400 && status < 500 && !NOT_OF_THE_JOB.has(status);
        return isRefused
          ? { kind: 'unclear', reason: message, words: answer?.message ?? null }
          : { kind: 'failed', reason: message };
      }
    },

    async fetchBill(generationId) {
      try {
        return parseBillRecord(
          await getJson(`/generation?id=${encodeURIComponent(generationId)}`, MAX_POLL_BYTES, true),
        );
      } catch (thrown) {
        // A 404 for as long as there is no record; whatever else it is, the question is asked again.
        asUpstreamError(thrown);
        return null;
      }
    },

    async openContent(upstreamId, index, signal) {
      const path = `/videos/${encodeURIComponent(upstreamId)}/content?index=${index}`;
      try {
        const { headers, body } = await get(path, signal, true, contentAgent);
        // Its reader sees every error; without a reader, an aborted stream must not crash the process.
        body.on('error', () => undefined);
        const contentType = mediaTypeOf(headers['content-type']);
        if (!MAY_BE_VIDEO.test(contentType)) {
          body.destroy();
          return { kind: 'failed', reason: 'upstream answered with something that is not a video' };
        }
        const length = headers['content-length'] === undefined ? null : Number(headers['content-length']);
        return {
          kind: 'open',
          body,
          contentType: contentType.startsWith('video/') ? contentType : 'video/mp4',
          bytes: Number.isSafeInteger(length) ? length : null,
        };
      } catch (thrown) {
        const { status, message } = asUpstreamError(thrown);
        return { kind: status === 404 || status === 410 ? 'gone' : 'failed', reason: message };
      }
    },

    async close() {
      await Promise.all([agent.destroy(), contentAgent.destroy()]);
    },
  };
}
