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
    happened:
      'It is unknown whether OpenRouter accepted a job: its answer to the submit was lost or unusable.',
    action:
      'If PUBLIC_URL is set, wait for the webhook. Otherwise look for the job in the OpenRouter activity log, then attach its id, close it as not accepted or write it off (POST /jobs/{id}/resolve).',
  },
  budget_threshold: {
    severity: 'warning',
    happened:
      'The amount spent and held in a budget has reached one of its thresholds. Reported once per threshold and window.',
    action:
      'See GET /budgets/{id}. Raise the limit, enter an adjustment for this window, or do nothing: a hard budget then refuses orders at the limit.',
    isEvent: true,
  },
  budget_overrun: {
    severity: 'warning',
    happened:
      'The bill of a job is higher than the amount that its budget held for it. The budget counts the whole bill.',
    action: 'Compare the bill with the estimate of the job: the provider charges more than its price list.',
  },
  budget_drift: {
    severity: 'critical',
    happened:
      'The held amount of a budget window differs from the sum of its holds. No operation of Clipgate causes this.',
    action: 'Find out whether someone changed the database by hand. If not, report a bug.',
  },
  submissions_paused: {
    severity: 'critical',
    happened:
      'Too many submits of the last five minutes have an unknown outcome: the circuit breaker paused submissions.',
    action:
      'Check the network path to OpenRouter and its status page. Submissions resume by themselves once a trial submit is answered.',
  },
  accepted_id_unusable: {
    severity: 'warning',
    happened:
      'OpenRouter accepted a job under an id that cannot be stored. The log line shows the id as JSON, cut at 1,000 characters.',
    action:
      'Find the video in the OpenRouter activity log: it is paid for. Then resolve the job (POST /jobs/{id}/resolve).',
  },
  accepted_id_unconfirmed: {
    severity: 'warning',
    happened:
      'The answer to a submit broke off after an id. For one day the gateway asks OpenRouter for that job, and attaches the id if the job exists.',
    action:
      'None if the job continues. If it stays in submission_unknown, look up the upstream id of the log line in the OpenRouter activity log and resolve the job (POST /jobs/{id}/resolve).',
  },
  accepted_id_not_kept: {
    severity: 'warning',
    happened:
      'The answer to a submit broke off after an id, and the gateway could not store that id for confirmation: the inbox is full.',
    action: 'Attach the upstream id of the log line to the job (POST /jobs/{id}/resolve).',
  },
  accepted_id_taken: {
    severity: 'warning',
    happened:
      'OpenRouter accepted a job under an id that already belongs to another job or an earlier attempt.',
    action:
      'Find out in the OpenRouter activity log which videos were paid for, then resolve the job (POST /jobs/{id}/resolve): it is in submission_unknown.',
  },
  accepted_id_not_bound: {
    severity: 'critical',
    happened:
      'OpenRouter accepted a job whose state had changed in the meantime: the job does not have the id.',
    action:
      'Look up the upstream id of the log line in the OpenRouter activity log: it may be a paid video that no job has.',
  },
  public_url_refused: {
    severity: 'critical',
    happened: 'OpenRouter rejects submits because of the webhook URL. No clip can be bought.',
    action: 'Set PUBLIC_URL to a public https address, or unset it.',
  },
  status_unclear: {
    severity: 'warning',
    happened:
      'For 15 minutes OpenRouter has answered polls of a job with an unknown status, or refused them. The gateway continues to poll; `status_detail` and `error` of the job show what OpenRouter says.',
    action:
      'Look the job up in the OpenRouter activity log. If it has ended, resolve it (POST /jobs/{id}/resolve).',
  },
  webhook_other_id: {
    severity: 'critical',
    happened: 'A webhook has another upstream id than its job: possibly a second paid video.',
    action: 'Compare both ids in the OpenRouter activity log. The gateway changes nothing by itself.',
  },
  webhook_other_end: {
    severity: 'warning',
    happened: 'A webhook reports another final status than the job has.',
    action: 'Compare the job with the OpenRouter activity log. The gateway changes nothing by itself.',
  },
  webhook_after_close: {
    severity: 'warning',
    happened:
      'A webhook reports on a job that was rejected, closed as not accepted or written off: possibly a paid video that no job has.',
    action: 'Look up the upstream id of the log line in the OpenRouter activity log.',
  },
  webhook_before_submit: {
    severity: 'critical',
    happened: 'A webhook reports on a job that was never sent.',
    action:
      'Check whether another gateway uses the same database, or whether the webhook URL leaked. The gateway changes nothing by itself.',
  },
  webhook_unconfirmed: {
    severity: 'warning',
    happened: 'For a day, OpenRouter did not confirm the upstream id of a webhook.',
    action: 'The webhook may be forged: set OPENROUTER_WEBHOOK_SECRET if it is not set.',
  },
  catalog_unreadable: {
    severity: 'warning',
    happened:
      'Parts of the model catalog cannot be parsed: OpenRouter has changed their form. The gateway keeps their last good values; parts that never had one are unknown.',
    action:
      'Compare `unreadable_fields` in GET /models with GET /api/v1/videos/models of OpenRouter, and check for a newer version of the gateway.',
  },
  upstream_key_refused: {
    severity: 'critical',
    happened: 'OpenRouter rejects the API key of this gateway (401): no clip can be bought.',
    action:
      'Set OPENROUTER_API_KEY to a valid key and restart. With OPENROUTER_API_KEY_FILE, replace the file and send SIGHUP.',
  },
  upstream_credits_exhausted: {
    severity: 'critical',
    happened:
      'OpenRouter answers that the account or the key has no credits left (402): no clip can be bought.',
    action: 'Buy credits at OpenRouter, or raise the limit of the key there.',
  },
  no_submit_accepted: {
    severity: 'critical',
    happened: 'OpenRouter accepted none of the submits of the last ten minutes, at least three.',
    action: 'See the log lines of rejected jobs for the reason, and check the status page of OpenRouter.',
  },
  catalog_stale: {
    severity: 'warning',
    happened:
      'The gateway could not refresh the model catalog for an hour: prices and models may be out of date.',
    action:
      'Check the network path to OpenRouter and its status page. Meanwhile the gateway uses the last good catalog.',
  },
  store_unavailable: {
    severity: 'critical',
    happened:
      'The database cannot be read or written: no connection, disk full, or read-only. The gateway answers orders with 503, and retries writes about clips that it has bought.',
    action:
      'Restore the connection or free disk space. Do not restart the gateway meanwhile: it may hold ids of paid videos that are not stored yet (`outcome_not_written`).',
  },
  store_corrupt: {
    severity: 'critical',
    happened: 'The database is corrupt. The gateway buys nothing, and /readyz answers 503.',
    action:
      'Stop the gateway, keep a copy of the database files, and restore a backup (`node dist/main.js restore <file>`).',
  },
  outcome_not_written: {
    severity: 'critical',
    happened:
      'OpenRouter answered a submit, but the database cannot store the answer. The process retries the write until it succeeds.',
    action:
      'Restore the database. If you must stop the process first, note the upstream id of the log line and resolve the job with it (POST /jobs/{id}/resolve).',
  },
  archive_disk: {
    severity: 'critical',
    happened:
      'The archive folder or bucket is not writable, is missing, rejects the credentials, does not respond, or is on another disk than at start.',
    action:
      'See `detail`. Free disk space, mount the volume again, or correct bucket, region and credentials. Meanwhile the gateway streams clips from OpenRouter, and archives them afterwards.',
  },
  clip_implausible: {
    severity: 'warning',
    happened:
      'OpenRouter sent a file that is not a complete MP4. The gateway does not archive it, and repeats the download with growing pauses for a week.',
    action:
      'None if a later download succeeds. Otherwise look at the file that OpenRouter sends; to archive it nevertheless, send POST /jobs/{id}/refetch with "accept_as_is": true.',
  },
  clip_not_archived: {
    severity: 'critical',
    happened: 'The gateway could not archive a paid clip for a week, and has stopped trying.',
    action:
      'Repeat the download with POST /jobs/{id}/refetch, or download the clip from OpenRouter by its upstream id, if OpenRouter still has it.',
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
    happened: 'The last delivery attempt of a callback failed: the client was not notified.',
    action: 'Ask the client to check its receiver, and to read the job with GET /jobs/{id}.',
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
   * Raises the alarm of a condition that lasts: at most once in five minutes, counted from whatever raised it
   * last. An alarm that is not raised for `QUIET_MS` is over.
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
