// Everything that speaks to the outside: OpenRouter, the hosts of clients' media, and clients' servers.

import type { Config } from '../config/variables.ts';
import type { Secret } from '../core/secret.ts';
import { createCallbackPolicy } from '../outbound/client-urls/callback-policy.ts';
import { createCallbackSender } from '../outbound/client-urls/callback-sender.ts';
import { createGuardedAgent } from '../outbound/client-urls/guarded-agent.ts';
import { createMediaProbe } from '../outbound/client-urls/media-probe.ts';
import { createAddressTest } from '../outbound/client-urls/public-address.ts';
import { createOpenRouter } from '../outbound/openrouter/openrouter.ts';
import { createProxyRules } from '../outbound/proxy/proxy-rules.ts';
import type { Lifecycle } from './lifecycle.ts';
import { proxySettingsOf } from './proxy-settings.ts';
import { CALLBACK_AGENT, MEDIA_AGENT, STOP_MS, UPSTREAM } from './timeouts.ts';

export interface OutboundContext {
  readonly config: Config;
  readonly version: string;
  readonly clock: () => number;
  readonly apiKey: () => Secret | undefined;
  /** PEM certificates trusted beside the runtime's own where clients' URLs lead. */
  readonly trust: readonly string[] | undefined;
  readonly lifecycle: Lifecycle;
}

export function createOutboundParts({ config, version, clock, apiKey, trust, lifecycle }: OutboundContext) {
  const proxyFor = createProxyRules(proxySettingsOf(config));
  const userAgent = `clipgate/${version}`;
  const upstream = createOpenRouter(
    {
      baseUrl: config.OPENROUTER_BASE_URL,
      apiKey,
      secrets: config.OPENROUTER_WEBHOOK_SECRET ?? [],
      userAgent,
      now: clock,
      proxyFor,
    },
    { ...UPSTREAM, submitMs: config.SUBMIT_TIMEOUT_MS },
  );
  lifecycle.add('upstream reads', { phase: 'reads', stop: () => upstream.close(), stopMs: STOP_MS });

  const mediaAgent = createGuardedAgent(
    { isAllowed: createAddressTest(config.OUTBOUND_ALLOW ?? []) },
    { ...MEDIA_AGENT, ...(trust ? { trust } : {}) },
  );
  lifecycle.add('media agent', { phase: 'base', stop: () => mediaAgent.close(), stopMs: STOP_MS });

  const callbackPolicy = createCallbackPolicy(config.CALLBACK_ALLOW ?? { names: [], networks: [] });
  const callbackAgent = createGuardedAgent({ isAllowed: callbackPolicy.isAllowed }, CALLBACK_AGENT);
  lifecycle.add('callback agent', { phase: 'base', stop: () => callbackAgent.close(), stopMs: STOP_MS });

  return {
    upstream,
    mediaProbe: createMediaProbe(mediaAgent),
    callbackPolicy,
    callbackSender: createCallbackSender(
      { agent: callbackAgent, policy: callbackPolicy, clock },
      { wholeMs: CALLBACK_AGENT.answerMs, userAgent },
    ),
  };
}
