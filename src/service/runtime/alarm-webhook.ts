// Calls the operator's webhook: once when an alarm begins, once when it is over, and for each that is an event.

import { jitter } from '../../core/jitter.ts';
import type { Secret } from '../../core/secret.ts';
import type { CallbackSender } from '../../outbound/client-urls/callback-sender.ts';
import { ALARMS, type Alarm, type AlarmDoc } from './alarms.ts';
import type { Log } from './log.ts';

export interface AlarmWebhook {
  /** To be called with every alarm that is raised. `fields` holds no secret. */
  note(alarm: Alarm, fields: object): void;
  /** Reports alarms that are over; to be called now and then. */
  sweep(): void;
  start(): void;
  /** No attempt begins after this; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

export interface AlarmWebhookParts {
  readonly sender: CallbackSender;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

export interface AlarmWebhookTarget {
  readonly url: string;
  readonly secret: Secret;
  /** Names this process: each replica reports the alarms that it raises. */
  readonly instance: string;
}

interface Call {
  readonly type: 'alarm.raised' | 'alarm.recovered';
  readonly alarm: Alarm;
  /** What an event is about. */
  readonly fields: object;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** An alarm that is not raised again for so long is over. */
const QUIET_MS = 15 * 60_000;
const SWEEP_MS = 30_000;
const ATTEMPTS = 6;
const FIRST_RETRY_MS = 2_000;

export function createAlarmWebhook(parts: AlarmWebhookParts, target: AlarmWebhookTarget): AlarmWebhook {
  const { clock, monotonic, log } = parts;
  /** When each alarm that is not over was raised last. There are as many as there are names. */
  const active = new Map<Alarm, number>();
  let stopped = false;
  let endWaits = (): void => undefined;
  const stopping = new Promise<void>((resolve) => {
    endWaits = resolve;
  });
  let sending: Promise<void> = Promise.resolve();
  let events = 0;
  let timer: NodeJS.Timeout | undefined;

  const isEvent = (alarm: Alarm): boolean => (ALARMS[alarm] as AlarmDoc).isEvent === true;

  async function deliver(call: Call): Promise<void> {
    const { type, alarm, at, fields } = call;
    // Two events may be of one millisecond.
    const number = isEvent(alarm) ? `_${++events}` : '';
    const id = `${target.instance}_${alarm}_${type === 'alarm.raised' ? 'raised' : 'recovered'}_${at}${number}`;
    const { happened, action } = ALARMS[alarm];
    const body = JSON.stringify({
      type,
      timestamp: new Date(at).toISOString(),
      data: { alarm, happened, action, instance: target.instance, ...(isEvent(alarm) && { about: fields }) },
    });
    for (let attempt = 1; !stopped; attempt++) {
      const outcome = await parts.sender.send(
        { url: target.url, id, body, format: null, traceparent: null },
        [target.secret],
      );
      if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) return;
      const reason = outcome.kind === 'failed' ? outcome.reason : `answered ${outcome.status}`;
      if (attempt === ATTEMPTS) {
        // Not an alarm: it would be sent the same way.
        log.error(
          { about: alarm, reason },
          'could not deliver an alarm to ALARM_WEBHOOK_URL: it is only in the log',
        );
        return;
      }
      log.warn(
        { about: alarm, reason, attempt },
        'could not deliver an alarm to ALARM_WEBHOOK_URL: retrying',
      );
      const waitMs = jitter(FIRST_RETRY_MS * 2 ** (attempt - 1), parts.random(), 0.5);
      await Promise.race([parts.sleep(waitMs), stopping]);
    }
    log.warn(
      { about: alarm },
      'stopped before an alarm was delivered to ALARM_WEBHOOK_URL: it is only in the log',
    );
  }

  /** One after the other: a recovery never overtakes its alarm. */
  function enqueue(call: Omit<Call, 'at'>): void {
    const at = clock();
    sending = sending.then(() => deliver({ ...call, at }));
  }

  function sweep(): void {
    for (const [alarm, raisedAt] of [...active]) {
      if (monotonic() - raisedAt < QUIET_MS) continue;
      active.delete(alarm);
      enqueue({ type: 'alarm.recovered', alarm, fields: {} });
    }
  }

  return {
    note(alarm, fields) {
      const isNew = !active.has(alarm);
      if (!isEvent(alarm)) active.set(alarm, monotonic());
      if (isNew) enqueue({ type: 'alarm.raised', alarm, fields });
    },
    sweep,
    start() {
      timer = setInterval(sweep, SWEEP_MS);
    },
    async stop() {
      clearInterval(timer);
      stopped = true;
      endWaits();
      await sending;
    },
  };
}
