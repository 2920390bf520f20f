// GET /overview: jobs by status, health of models, paused submits, alarms and catalog changes, in one answer.

import type { JobStatus } from '../../../core/job/job.ts';
import type { PausedSubmits } from '../../../service/jobs/submit-breaker.ts';
import { ALARMS } from '../../../service/runtime/alarms.ts';
import type { Overview, OverviewReport } from '../../../service/runtime/overview.ts';
import type { RecentAlarm } from '../../../service/runtime/recent-alarms.ts';
import type { App } from '../../server/context.ts';
import { isoTime, renderChange, renderHold, usdOf } from '../render.ts';
import { OverviewSchema } from '../schemas/overview.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';

export function overviewRoutes({ overview }: { readonly overview: Overview }) {
  return async (app: App): Promise<void> => {
    app.get(
      '/overview',
      {
        schema: {
          operationId: 'getOverview',
          summary: 'What stands: jobs by status, models, pauses, alarms, changes of the catalog',
          description:
            'Clients see their own jobs, and pauses that keep their own submits back; operators and auditors see all of ' +
            'it, and the alarms of the last 24 hours with what to do about each.',
          tags: ['operations'],
          querystring: NoQuerySchema,
          response: { 200: OverviewSchema, ...problems(400, 401, 405, 500, 503) },
        },
      },
      async ({ principal }) => render(await overview.read(principal)),
    );
  };
}

function render(report: OverviewReport) {
  const { at, operations } = report;
  return {
    at: isoTime(at),
    jobs: {
      open: renderCounts(report.open),
      ended: renderCounts(report.ended),
      ended_since: isoTime(report.endedSince),
    },
    models: report.models.map(({ model, ended, completed, p50S, p90S, lastEndedAt }) => ({
      model,
      ended,
      completed,
      p50_s: p50S,
      p90_s: p90S,
      last_ended_at: isoTime(lastEndedAt),
    })),
    pauses: report.pauses.map((pause) => renderPause(pause, at)),
    unknown_submissions: {
      data: report.unknown.map(({ id, model, clientId, ceilingMicroUsd, createdAt }) => ({
        id,
        model,
        client: clientId,
        ceiling_usd: usdOf(ceilingMicroUsd),
        created_at: isoTime(createdAt),
      })),
      has_more: report.hasMoreUnknown,
    },
    catalog: {
      changes: report.changes.map(renderChange),
      since: isoTime(report.changesSince),
      has_more: report.hasMoreChanges,
    },
    operations: operations && {
      submissions: renderHold(operations.hold),
      alarms: operations.alarms.map(renderAlarm),
      instance: operations.instance,
    },
  };
}

const renderCounts = (counts: ReadonlyMap<JobStatus, number>) =>
  [...counts].map(([status, jobs]) => ({ status, jobs }));

const renderPause = (pause: PausedSubmits, at: number) => ({
  scope: pause.scope,
  model: pause.model,
  client: pause.client,
  since: isoTime(at - pause.forMs),
  trial_at: pause.trialInMs === null ? null : isoTime(at + pause.trialInMs),
  failed_trials: pause.failedTrials,
  submits: pause.submits,
  unknown: pause.unknown,
});

const renderAlarm = ({ alarm, since, lastAt, count, isActive, about }: RecentAlarm) => ({
  alarm,
  happened: ALARMS[alarm].happened,
  action: ALARMS[alarm].action,
  since: isoTime(since),
  last_at: isoTime(lastAt),
  count,
  active: isActive,
  about,
});
