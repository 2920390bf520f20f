// One paid request, sent at most once, with one of four outcomes.

import { Client } from 'undici';
import type { SubmitBody } from '../../core/job/job.ts';
import { writeJson } from '../../core/json-text.ts';
import type { Secret } from '../../core/secret.ts';
import type { Connector } from '../proxy/connector.ts';
import { parseJson, type ReceivedText, receiveText } from './body.ts';
import { asUpstreamError, parseRetryAfter } from './errors.ts';
import { findTopLevelId } from './partial-json.ts';
import { type Rejection, readRejection } from './rejection.ts';
import {
  type ErrorAnswer,
  parseErrorAnswer,
  parseSubmitAnswer,
  type SubmitAnswer,
  showOddId,
} from './wire.ts';

export type SubmitOutcome =
  | ({ readonly kind: 'accepted' } & SubmitAnswer)
  /** Upstream said no in its own words: nothing was bought. */
  | ({ readonly kind: 'rejected' } & Rejection)
  /** No connection was ever made, so not one byte left: it may be sent again. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** Anything else: upstream may have accepted it. Never to be sent again. */
  | {
      readonly kind: 'unknown';
      readonly reason: string;
      /** The id of an accepted job that cannot be kept, as `showOddId` writes it: a person may make something of it. */
      readonly oddId?: string;
      /** An id in a 2xx answer that did not come whole: a hint, to be confirmed by asking upstream for it. */
      readonly seenId?: string;
    };

export interface SubmitTarget {
  /** URL of the submit endpoint. */
  readonly url: URL;
  readonly apiKey: Secret;
  readonly userAgent: string;
  readonly now: () => number;
  /** Hands out no socket that does not lead to upstream itself. */
  readonly connect: Connector;
  /** For the whole exchange. Above upstream's own 60 s, or we would give up on jobs it goes on to accept. */
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 1_000_000;

/**
 * Sends one submit over a connection of its own: no pooled socket that may already be half closed, no redirect,
 * no retry. Never throws: every way it can end is an outcome.
 * @param webhookUrl where upstream is to report the end of the job; null = nowhere.
 */
export async function submitOnce(
  target: SubmitTarget,
  body: SubmitBody,
  webhookUrl: string | null,
): Promise<SubmitOutcome> {
  // Bytes can only have left if the connector ever handed out a socket. Whatever failed before that, DNS, TCP, a
  // proxy or TLS, is proof that nothing was sent.
  let connected = false;
  const client = new Client(target.url.origin, {
    pipelining: 1,
    headersTimeout: target.timeoutMs,
    bodyTimeout: target.timeoutMs,
    connect: (options, callback) =>
      target.connect(options, (...[error, socket]) => {
        if (error) return callback(error, null);
        connected = true;
        callback(null, socket);
      }),
  });
  try {
    const response = await client.request({
      method: 'POST',
      path: target.url.pathname,
      headers: {
        authorization: `Bearer ${target.apiKey.reveal()}`,
        'user-agent': target.userAgent,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: writeJson(webhookUrl === null ? body : { ...body, callback_url: webhookUrl }),
      signal: AbortSignal.timeout(target.timeoutMs),
    });
    const received = await receiveText(response.body, MAX_ANSWER_BYTES);
    const retryAfterS = parseRetryAfter(response.headers['retry-after'], target.now());
    return classify(response.statusCode, received, (status, answer) =>
      readRejection(status, answer, { body, webhookUrl }, retryAfterS),
    );
  } catch (thrown) {
    const { message } = asUpstreamError(thrown);
    return connected ? { kind: 'unknown', reason: message } : { kind: 'not_sent', reason: message };
  } finally {
    // The outcome stands; a socket that will not close cleanly changes nothing about it.
    client.destroy().catch(() => undefined);
  }
}

/** What an answered submit means: accepted, rejected, and everything else is unknown. */
function classify(
  status: number,
  { text, broken }: ReceivedText,
  reject: (status: number, answer: ErrorAnswer) => Rejection | null,
): SubmitOutcome {
  const answer = parseJson(text);
  const reason = broken === null ? `upstream answered ${status}` : asUpstreamError(broken).message;
  if (status >= 200 && status < 300) {
    // A whole document is the whole answer, whatever became of the connection after it.
    const accepted = parseSubmitAnswer(answer);
    if (accepted) return { kind: 'accepted', ...accepted };
    const oddId = showOddId(answer);
    if (oddId !== null)
      return { kind: 'unknown', reason: `upstream answered ${status} with an id that cannot be used`, oddId };
    const seenId = answer === undefined ? findTopLevelId(text) : null;
    if (seenId !== null) return { kind: 'unknown', reason, seenId };
    return broken === null
      ? { kind: 'unknown', reason: `upstream answered ${status} without a job id` }
      : { kind: 'unknown', reason };
  }
  // Half a refusal is none: what came after it may have said otherwise.
  const refusal = broken === null ? parseErrorAnswer(answer) : null;
  const rejection = refusal && reject(status, refusal);
  if (rejection) return { kind: 'rejected', ...rejection };
  return { kind: 'unknown', reason };
}
