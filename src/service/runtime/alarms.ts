// Every alarm: its name, what happened and what to do. All alarms are raised through this file.

import type { WebhookAlarm } from '../../core/job/upstream-webhook.ts';
import type { Log } from './log.ts';

export interface AlarmDoc {
  /** `critical`: money or the service is being lost now. `warning`: a person should look within a working day. */
  readonly severity: 'critical' | 'warning';
  readonly happened: string;
  readonly action: string;
  /** True where each is news of its own and none lasts: each is reported with its fields, and no recovery follows. */
  readonly isEvent?: boolean;
}

/** Names are stable: rules and dashboards are written against them. */
export const ALARMS = {
  submission_unknown: {
    severity: 'warning',
    happened: 'Whether OpenRouter accepted a job is unknown: the submit got no answer that says so.',
    action:
      'Wait for its webhook where PUBLIC_URL is set. Otherwise look for the job in the OpenRouter activity, then attach its id, close it as not accepted or write it off (POST /jobs/{id}/resolve).',
  },
  budget_threshold: {
    severity: 'warning',
    happened:
      'What is spent and held of a budget has reached one of its thresholds. Reported once per window.',
    action:
      'See GET /budgets/{id}: raise the limit, enter an adjustment for this window, or let orders be refused at the limit.',
    isEvent: true,
  },
  budget_overrun: {
    severity: 'warning',
    happened: 'The bill of a job came out above what its budget held for it. It is counted in full.',
    action:
      'Compare the bill with the estimate of the job: the provider charges more than its price list says.',
  },
  budget_drift: {
    severity: 'critical',
    happened:
      'The amount a budget window holds is not the sum of its holds. No operation of Clipgate does that.',
    action: 'Find out who wrote to the database by hand. Report it as a bug if it was not.',
  },
  submissions_paused: {
    severity: 'critical',
    happened: 'Too many submits of the last five minutes have an unknown outcome: submissions are paused.',
    action:
      'Check the network path to OpenRouter and its status page. Submissions resume by themselves once a trial submit is answered.',
  },
  accepted_id_unusable: {
    severity: 'warning',
    happened:
      'OpenRouter accepted a job under an id that cannot be stored. The line shows it as JSON, cut at 1,000 characters.',
    action: 'Find the video in the OpenRouter activity: it is paid for. Then resolve the job.',
  },
  accepted_id_unconfirmed: {
    severity: 'warning',
    happened:
      'The answer to a submit broke off after an id. The gateway asks OpenRouter for that job for a day, and binds it if it exists.',
    action:
      'None if the job continues. If it stays submission_unknown, look up the upstream id of the line and resolve the job.',
  },
  accepted_id_not_kept: {
    severity: 'warning',
    happened: 'An id in an answer that broke off could not be stored to be confirmed: the inbox is full.',
    action: 'Attach the upstream id of the line to the job (POST /jobs/{id}/resolve).',
  },
  accepted_id_taken: {
    severity: 'warning',
    happened: 'OpenRouter accepted a job under an id that another job, or an earlier attempt, already has.',
    action:
      'Find out in the OpenRouter activity which videos were paid for, then resolve the job, which is submission_unknown.',
  },
  accepted_id_not_bound: {
    severity: 'critical',
    happened:
      'OpenRouter accepted a job whose state had changed meanwhile: its id is not stored with the job.',
    action: 'Look up the upstream id of the line: it is possibly a paid video not linked to any job.',
  },
  public_url_refused: {
    severity: 'critical',
    happened: 'OpenRouter rejects submits because of the webhook URL. No job is bought.',
    action: 'Set PUBLIC_URL to a public https address, or unset it.',
  },
  status_unclear: {
    severity: 'warning',
    happened:
      'For 15 minutes OpenRouter has answered polls of a job with a status that is not known here, or refused them. The job is followed on; `status_detail` and `error` have what OpenRouter says.',
    action:
      'Look the job up in the OpenRouter activity. If it has ended, resolve it (POST /jobs/{id}/resolve).',
  },
  webhook_other_id: {
    severity: 'critical',
    happened: 'A webhook names another upstream id than the job has: possibly a second paid video.',
    action: 'Compare both ids in the OpenRouter activity. What is on record stays as it is.',
  },
  webhook_other_end: {
    severity: 'warning',
    happened: 'A webhook reports another final status than the one on record.',
    action: 'Compare the job with the OpenRouter activity. What is on record stays as it is.',
  },
  webhook_after_close: {
    severity: 'warning',
    happened:
      'A webhook reports on a job that was refused, closed as not accepted or written off: possibly a paid video not linked to any job.',
    action: 'Look up the upstream id of the line in the OpenRouter activity.',
  },
  webhook_before_submit: {
    severity: 'critical',
    happened: 'A webhook reports on a job that was never sent.',
    action:
      'Check whether another gateway shares the database or the nonce leaked. What is on record stays as it is.',
  },
  webhook_unconfirmed: {
    severity: 'warning',
    happened: 'OpenRouter has not confirmed the id in a webhook within a day.',
    action: 'Check whether the webhook was forged: set OPENROUTER_WEBHOOK_SECRET if it is not set.',
  },
  catalog_unreadable: {
    severity: 'warning',
    happened:
      'Parts of the model catalog cannot be read: OpenRouter has changed their form. They are used as they last could be read; where they never could, they are unknown.',
    action:
      'See `unreadable_fields` in GET /models and compare with GET /api/v1/videos/models of OpenRouter. A newer version of the gateway may read them.',
  },
  upstream_key_refused: {
    severity: 'critical',
    happened: 'OpenRouter refuses the API key of this gateway (401): no job can be bought.',
    action: 'Put a valid key into OPENROUTER_API_KEY; where it stands in a file, send SIGHUP.',
  },
  upstream_credits_exhausted: {
    severity: 'critical',
    happened:
      'OpenRouter answers that the account or the key has no credits left (402): no job can be bought.',
    action: 'Buy credits, or raise the limit of the key at OpenRouter.',
  },
  no_submit_accepted: {
    severity: 'critical',
    happened: 'At least three submits were tried in ten minutes, and OpenRouter accepted none.',
    action:
      'See the log lines about jobs that were rejected for the reason, and the status page of OpenRouter.',
  },
  catalog_stale: {
    severity: 'warning',
    happened: 'The model catalog was not refreshed for an hour: prices and models may be out of date.',
    action:
      'Check the network path to OpenRouter and its status page. The last good catalog is used meanwhile.',
  },
  store_unavailable: {
    severity: 'critical',
    happened:
      'The database cannot be read or written: no connection, no room on its disk, or read-only. Orders are answered with 503; what was bought is written as soon as it can be.',
    action:
      'Bring the database back or make room. Do not restart the gateway meanwhile: it holds the ids of paid videos that are not written yet (`outcome_not_written`).',
  },
  store_corrupt: {
    severity: 'critical',
    happened: 'The database is damaged. Nothing is bought, and /readyz is not ready.',
    action:
      'Stop the gateway, keep a copy of the database files, and restore a backup (`node dist/main.js restore <file>`).',
  },
  outcome_not_written: {
    severity: 'critical',
    happened:
      'OpenRouter answered a submit and the store cannot keep the answer. The write is repeated for as long as the process lives.',
    action:
      'Bring the database back. If the process has to be stopped before that, resolve the job with the upstream id of the line.',
  },
  archive_disk: {
    severity: 'critical',
    happened:
      'The folder or bucket of clips does not take one, is gone, refuses the credentials, does not answer, or is another disk than at first.',
    action:
      'Make room, mount the volume again, or correct bucket, region and credentials: `detail` names what failed. Clips are handed out past the archive meanwhile, and stored once it is back.',
  },
  clip_implausible: {
    severity: 'warning',
    happened:
      'What OpenRouter sent as a clip is not a whole MP4. It is not stored; it is fetched again with growing pauses for a week.',
    action:
      'None where the clip is stored later. Otherwise look at what OpenRouter sends, and keep it with POST /jobs/{id}/refetch and "accept_as_is": true where it is the clip.',
  },
  clip_not_archived: {
    severity: 'critical',
    happened: 'A paid clip could not be archived for a week. There are no further attempts.',
    action: 'Download it from OpenRouter by its upstream id, if it is still there.',
  },
  poll_lag: {
    severity: 'warning',
    happened: 'Steps of jobs have been due for more than a minute and no process has taken them up.',
    action:
      'See clipgate_worker_in_flight and the load of the database: add a replica, or find out what holds the steps up. Jobs end later than they could; none is lost.',
  },
  callback_backlog: {
    severity: 'warning',
    happened: 'Callbacks have been due for more than five minutes and no process has sent them.',
    action:
      'See the log lines about callbacks that failed: where they name one host, its receiver is slow. Otherwise add a replica.',
  },
  archive_backlog: {
    severity: 'warning',
    happened:
      'Ten clips or more are not stored half an hour after their jobs ended, or one is not after a day. They are tried for a week.',
    action:
      'See the log lines about clips that could not be archived for the reason: the storage, or what OpenRouter sends. Correct it before the week is over.',
  },
  callback_dead: {
    severity: 'warning',
    happened: 'The last attempt of a callback failed: its client was not notified.',
    action: 'Have the client check its receiver and read the job with GET /jobs/{id}.',
  },
} as const satisfies Record<WebhookAlarm, AlarmDoc> & Record<string, AlarmDoc>;

export type Alarm = keyof typeof ALARMS;

/** True where each is news of its own and none lasts. */
export const isEvent = (alarm: Alarm): boolean => (ALARMS[alarm] as AlarmDoc).isEvent === true;

/** An alarm that is not raised again for so long is over. */
export const QUIET_MS = 15 * 60_000;

export interface Alarms {
  /** Writes one line at level `error` with the field `alarm`. `fields` holds no secret. */
  raise(alarm: Alarm, fields: object, message: string): void;
}

/** For what looks at conditions again and again. */
export interface LastingAlarms extends Alarms {
  /**
   * Raises the alarm of a condition that lasts, now and then: no more than once in five minutes, whoever raised it
   * last. What is not raised for long is taken for over.
   */
  raiseWhile(alarm: Alarm, fields: object, message: string): void;
}

const REPEAT_MS = 5 * 60_000;

/** @param onAlarm is called with every alarm that is raised, after its line is written. */
export function createAlarms({
  log,
  monotonic,
  onAlarm,
}: {
  readonly log: Pick<Log, 'error'>;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly onAlarm?: (alarm: Alarm, fields: object) => void;
}): LastingAlarms {
  const raisedAt = new Map<Alarm, number>();

  function raise(alarm: Alarm, fields: object, message: string): void {
    raisedAt.set(alarm, monotonic());
    log.error({ ...fields, alarm }, message);
    onAlarm?.(alarm, fields);
  }

  return {
    raise,
    raiseWhile(alarm, fields, message) {
      if (monotonic() - (raisedAt.get(alarm) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
      raise(alarm, fields, message);
    },
  };
}
