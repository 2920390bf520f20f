// What notifies clients' servers of how their jobs ended.

import type { Config } from '../config/variables.ts';
import { renderJob } from '../http/api/render.ts';
import { writeVideoEvent as writeOpenAiEvent } from '../http/openai/webhook.ts';
import { writeVideoEvent as writeOpenRouterEvent } from '../http/openrouter/callback.ts';
import type { CallbackSender } from '../outbound/client-urls/callback-sender.ts';
import type { ClientAdmin } from '../service/accounts/client-admin.ts';
import { createCallbackDispatcher } from '../service/callbacks/callback-dispatcher.ts';
import { writeJobEvent } from '../service/callbacks/callback-message.ts';
import type { ContentLinks } from '../service/clips/content-links.ts';
import type { Jobs } from '../service/jobs/jobs.ts';
import type { Alarms } from '../service/runtime/alarms.ts';
import type { Log } from '../service/runtime/log.ts';
import type { Metrics } from '../service/runtime/metrics.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import type { Lifecycle } from './lifecycle.ts';
import { CALLBACK_AGENT, CALLBACKS, STOP_MS } from './timeouts.ts';

export interface CallbackContext {
  readonly config: Config;
  readonly store: JobStore;
  readonly sender: CallbackSender;
  readonly jobs: Pick<Jobs, 'recordOf'>;
  readonly clients: Pick<ClientAdmin, 'secretsOf'>;
  readonly links: ContentLinks;
  /** Names this process in leases. */
  readonly owner: string;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly metrics: Pick<Metrics, 'callbackEnded'>;
  readonly alarms: Alarms;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

export function createCallbackParts(context: CallbackContext) {
  const { config, store, sender, jobs, links, clients, owner, monotonic, random, metrics, alarms, log } =
    context;
  const { lifecycle } = context;
  const secretsOf = async (clientId: string) => [
    ...(config.CALLBACK_SECRETS?.get(clientId) ?? []),
    ...(await clients.secretsOf(clientId)),
  ];
  const dispatcher = createCallbackDispatcher(
    {
      store,
      sender,
      secretsOf,
      async write(job, format) {
        switch (format) {
          case 'openrouter':
            return writeOpenRouterEvent(
              job,
              config.PUBLIC_URL ?? '',
              links.isDefault ? links.sign : undefined,
            );
          case 'openai':
            return writeOpenAiEvent(job);
          case null:
            return writeJobEvent(job, renderJob({ ...(await jobs.recordOf(job)), callback: null }));
        }
      },
      monotonic,
      random,
      metrics,
      alarms,
      log,
    },
    { owner, ...CALLBACKS },
  );
  lifecycle.add('callback dispatcher', {
    phase: 'work',
    isBackground: true,
    start: () => dispatcher.start(),
    stop: () => dispatcher.stop(),
    // An attempt counts: one under way is waited for.
    stopMs: CALLBACK_AGENT.answerMs + STOP_MS,
  });
  return { dispatcher, hasSecret: async (clientId: string) => (await secretsOf(clientId)).length > 0 };
}
