// What calls the operator's webhook about alarms, where there is one.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/variables.ts';
import { createCallbackSender } from '../outbound/client-urls/callback-sender.ts';
import { createGuardedAgent } from '../outbound/client-urls/guarded-agent.ts';
import { createAddressTest } from '../outbound/client-urls/public-address.ts';
import { createAgent, createConnector } from '../outbound/proxy/connector.ts';
import { createProxyRules } from '../outbound/proxy/proxy-rules.ts';
import { type AlarmWebhook, createAlarmWebhook } from '../service/runtime/alarm-webhook.ts';
import type { Log } from '../service/runtime/log.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import type { Lifecycle } from './lifecycle.ts';
import { proxySettingsOf } from './proxy-settings.ts';
import { CALLBACK_AGENT, STOP_MS } from './timeouts.ts';

export interface AlarmContext {
  readonly config: Config;
  readonly store: JobStore;
  readonly version: string;
  /** Names this process. */
  readonly owner: string;
  readonly clock: () => number;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly trust: readonly string[] | undefined;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

/** Null where ALARM_WEBHOOK_URL is not set. */
export function createAlarmParts(context: AlarmContext): AlarmWebhook | null {
  const { config, store, version, owner, clock, monotonic, random, trust, log, lifecycle } = context;
  const { ALARM_WEBHOOK_URL: url, ALARM_WEBHOOK_SECRET: secret } = config;
  if (url === undefined || secret === undefined) return null;
  const proxyFor = createProxyRules(proxySettingsOf(config));
  const agent = proxyFor(new URL(url))
    ? // Where the name leads to is for the proxy to know, and for its operator to allow.
      createAgent(createConnector(proxyFor, CALLBACK_AGENT), CALLBACK_AGENT.answerMs)
    : createGuardedAgent(
        { isAllowed: createAddressTest(config.OUTBOUND_ALLOW ?? []) },
        { ...CALLBACK_AGENT, ...(trust ? { trust } : {}) },
      );
  lifecycle.add('alarm agent', { phase: 'base', stop: () => agent.close(), stopMs: STOP_MS });
  const sender = createCallbackSender(
    // The operator has named the URL: only where it leads is checked.
    { agent, policy: { findFault: () => null }, clock },
    { wholeMs: CALLBACK_AGENT.answerMs, userAgent: `clipgate/${version}` },
  );
  const webhook = createAlarmWebhook(
    { store, sender, clock, monotonic, random, sleep: (ms) => sleep(ms), log },
    { url, secret, instance: owner },
  );
  lifecycle.add('alarm webhook', {
    phase: 'base',
    start: () => webhook.start(),
    stop: () => webhook.stop(),
    stopMs: CALLBACK_AGENT.answerMs + STOP_MS,
  });
  return webhook;
}
