// Calls a client's URL once: one POST over a guarded connection, no redirect followed, nothing of the answer kept.

import { type Dispatcher, request } from 'undici';
import type { CallbackFormat, CallbackOutcome } from '../../core/callbacks/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { parseRetryAfter } from '../openrouter/errors.ts';
import type { CallbackPolicy } from './callback-policy.ts';
import { signedHeaders } from './callback-signature.ts';
import { type NetworkFailure, nameFailure } from './network-failure.ts';

export interface CallbackMessage {
  readonly url: string;
  /** The same on every attempt. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
  /** Null = the gateway's own. */
  readonly format: CallbackFormat | null;
  /** Sent as the header of that name; null = none. */
  readonly traceparent: string | null;
}

export interface CallbackSender {
  /** Signs and sends. Never throws. */
  send(message: CallbackMessage, secrets: readonly Secret[]): Promise<CallbackOutcome>;
}

/** What is said of each to the owner of the job. */
const REASONS: Readonly<Record<NetworkFailure, string>> = {
  no_public_address: 'the host leads to no address that may be called',
  refused: 'the host takes no connection',
  timeout: 'no answer in time',
  certificate: 'the TLS certificate is not valid for the host',
  broken: 'the connection broke',
};

/** So much of an answer is read to keep its connection for the next call; beyond it the connection is worth less. */
const MAX_DISCARDED_BYTES = 16 * 1024;

/**
 * @param parts.agent guards every connection; see `createGuardedAgent`. @param parts.clock epoch milliseconds.
 * @param options.wholeMs from the first byte sent to the last byte of the answer.
 */
export function createCallbackSender(
  parts: {
    readonly agent: Dispatcher;
    readonly policy: Pick<CallbackPolicy, 'findFault'>;
    readonly clock: () => number;
  },
  options: { readonly wholeMs: number; readonly userAgent: string },
): CallbackSender {
  return {
    async send({ url, id, body, format, traceparent }, secrets) {
      // Asked again: the operator may have said otherwise since the URL was taken.
      if (parts.policy.findFault(url) !== null) {
        return { kind: 'failed', reason: 'the URL is no longer allowed by CALLBACK_ALLOW' };
      }
      const timestampS = Math.floor(parts.clock() / 1000);
      try {
        const response = await request(url, {
          dispatcher: parts.agent,
          method: 'POST',
          signal: AbortSignal.timeout(options.wholeMs),
          headers: {
            'content-type': 'application/json',
            'user-agent': options.userAgent,
            ...(traceparent === null ? {} : { traceparent }),
            ...signedHeaders(format, secrets, id, timestampS, body),
          },
          body,
        });
        // The status is the answer. A body that breaks, lasts or never ends takes nothing from it.
        await response.body.dump({ limit: MAX_DISCARDED_BYTES }).catch(() => undefined);
        return {
          kind: 'answered',
          status: response.statusCode,
          retryAfterS: parseRetryAfter(response.headers['retry-after'], parts.clock()),
        };
      } catch (thrown) {
        return { kind: 'failed', reason: REASONS[nameFailure(thrown)] };
      }
    },
  };
}
