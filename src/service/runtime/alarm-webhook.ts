// Calls the operator's webhook: once in the fleet when an alarm begins, once when it is over, and for each that is an event.

import { jitter } from '../../core/jitter.ts';
import type { Secret } from '../../core/secret.ts';
import type { CallbackSender } from '../../outbound/client-urls/callback-sender.ts';
import type { AlarmCall } from '../../store/ports/alarm-calls.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import { ALARMS, type Alarm, isEvent, QUIET_MS } from './alarms.ts';
import type { Log } from './log.ts';

export interface AlarmWebhook {
  /** To be called with every alarm that is raised. `fields` holds no secret. */
  note(alarm: Alarm, fields: object): void;
  /** Makes the calls that are due, those of other processes that died included; to be called now and then. */
  sweep(): void;
  /** Resolves when all calls that were asked for by now are made or given up. */
  idle(): Promise<void>;
  start(): void;
  /** No attempt begins after this; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

export interface AlarmWebhookParts {
  readonly store: Pick<JobStore, 'noteAlarm' | 'claimAlarmCall' | 'settleAlarmCall'>;
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
  /** Names this process. */
  readonly instance: string;
}

interface Call {
  readonly id: string;
  readonly kind: AlarmCall['kind'];
  readonly alarm: Alarm;
  readonly instance: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** What an event is about; null where it is none. */
  readonly about: object | null;
}

/** How often a raise is written down while the alarm goes on. */
const NOTE_EVERY_MS = 60_000;
const SWEEP_MS = 30_000;
const ATTEMPTS = 6;
const FIRST_RETRY_MS = 2_000;
// Longer than all attempts together.
const LEASE_MS = 5 * 60_000;

/** A newer program that shares the database may raise others, and calls about them itself. */
const KNOWN = Object.keys(ALARMS);

export function createAlarmWebhook(parts: AlarmWebhookParts, target: AlarmWebhookTarget): AlarmWebhook {
  const { store, clock, monotonic, log } = parts;
  /** When each alarm was written down last. There are as many as there are names, here and below. */
  const notedAt = new Map<Alarm, number>();
  /** Alarms that the store could not be told of, and when they were raised last: this process calls about them itself. */
  const own = new Map<Alarm, number>();
  let stopped = false;
  let endWaits = (): void => undefined;
  const stopping = new Promise<void>((resolve) => {
    endWaits = resolve;
  });
  let working: Promise<void> = Promise.resolve();
  let events = 0;
  let timer: NodeJS.Timeout | undefined;

  /** False where the process stops before the webhook was reached. */
  async function deliver({ id, kind, alarm, instance, at, about }: Call): Promise<boolean> {
    const { happened, action } = ALARMS[alarm];
    const body = JSON.stringify({
      type: `alarm.${kind}`,
      timestamp: new Date(at).toISOString(),
      data: { alarm, happened, action, instance, ...(about && { about }) },
    });
    for (let attempt = 1; !stopped; attempt++) {
      const outcome = await parts.sender.send(
        { url: target.url, id, body, format: null, traceparent: null },
        [target.secret],
      );
      if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) return true;
      const reason = outcome.kind === 'failed' ? outcome.reason : `answered ${outcome.status}`;
      if (attempt === ATTEMPTS) {
        // Not an alarm: it would be sent the same way.
        log.error(
          { about: alarm, reason },
          'could not deliver an alarm to ALARM_WEBHOOK_URL: it is only in the log',
        );
        return true;
      }
      log.warn(
        { about: alarm, reason, attempt },
        'could not deliver an alarm to ALARM_WEBHOOK_URL: retrying',
      );
      const waitMs = jitter(FIRST_RETRY_MS * 2 ** (attempt - 1), parts.random(), 0.5);
      await Promise.race([parts.sleep(waitMs), stopping]);
    }
    log.warn({ about: alarm }, 'stopped before an alarm was delivered to ALARM_WEBHOOK_URL');
    return false;
  }

  /** For what no other process calls about. */
  const deliverOwn = (alarm: Alarm, kind: Call['kind'], about: object | null = null): Promise<boolean> => {
    const at = clock();
    // Two events may be of one millisecond.
    const number = about ? `_${++events}` : '';
    const id = `${target.instance}_${alarm}_${kind}_${at}${number}`;
    return deliver({ id, kind, alarm, instance: target.instance, at, about });
  };

  async function makeCallsDue(): Promise<void> {
    while (!stopped) {
      const call = await store.claimAlarmCall(target.instance, LEASE_MS, KNOWN);
      if (!call) return;
      const { kind, instance, beganAt } = call;
      const alarm = call.alarm as Alarm;
      // The same from every replica, so that a receiver that gets it twice can deduplicate.
      const id = `${alarm}_${kind}_${beganAt}`;
      const at = kind === 'raised' ? beganAt : clock();
      // A lease that is not settled runs out, or is given up with the others: another process goes on.
      if (!(await deliver({ id, kind, alarm, instance, at, about: null }))) return;
      await store.settleAlarmCall(call, QUIET_MS);
    }
  }

  async function callAbout(alarm: Alarm): Promise<void> {
    if (own.has(alarm)) return void own.set(alarm, monotonic());
    try {
      await store.noteAlarm(alarm, target.instance, QUIET_MS);
    } catch (error) {
      // The alarm may well be that the database is away.
      log.warn({ err: error, about: alarm }, 'an alarm could not be shared: each replica calls about it');
      own.set(alarm, monotonic());
      await deliverOwn(alarm, 'raised');
      return;
    }
    await makeCallsDue();
  }

  async function endOwn(): Promise<void> {
    for (const [alarm, raisedAt] of [...own]) {
      if (monotonic() - raisedAt < QUIET_MS) continue;
      own.delete(alarm);
      await deliverOwn(alarm, 'recovered');
    }
  }

  /** One after the other: a recovery never overtakes its alarm. */
  function enqueue(work: () => Promise<unknown>): void {
    working = working.then(work).then(
      () => undefined,
      (error: unknown) => log.warn({ err: error }, 'could not send requests to ALARM_WEBHOOK_URL: retrying'),
    );
  }

  function sweep(): void {
    enqueue(endOwn);
    enqueue(makeCallsDue);
  }

  return {
    note(alarm, fields) {
      if (isEvent(alarm)) return enqueue(() => deliverOwn(alarm, 'raised', fields));
      const isFresh = monotonic() - (notedAt.get(alarm) ?? Number.NEGATIVE_INFINITY) < NOTE_EVERY_MS;
      if (isFresh) return;
      notedAt.set(alarm, monotonic());
      enqueue(() => callAbout(alarm));
    },
    sweep,
    idle: () => working,
    start() {
      timer = setInterval(sweep, SWEEP_MS);
    },
    async stop() {
      clearInterval(timer);
      stopped = true;
      endWaits();
      await working;
    },
  };
}
