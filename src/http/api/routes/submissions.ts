// POST /operations/pause and /operations/resume: operators hold buying on every replica, and release it.

import type { SubmissionHolds } from '../../../service/jobs/submission-hold.ts';
import { actOf } from '../../admin/act.ts';
import type { App } from '../../server/context.ts';
import { renderHold } from '../render.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { PauseBodySchema, ResumeBodySchema, SubmissionsSchema } from '../schemas/submissions.ts';

export interface SubmissionRoutesParts {
  readonly holds: Pick<SubmissionHolds, 'pause' | 'resume'>;
}

export function submissionRoutes({ holds }: SubmissionRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/operations/pause',
      {
        schema: {
          operationId: 'pauseSubmissions',
          summary: 'Pause all submissions, on every replica (operators)',
          description:
            'Within a second every replica stops sending jobs to OpenRouter. `POST /jobs` answers 503 `submissions_paused`; jobs that were already sent continue, and queued jobs wait. All other routes work.',
          tags: ['operators'],
          querystring: NoQuerySchema,
          body: PauseBodySchema,
          response: { 200: SubmissionsSchema, ...problems(400, 401, 403, 405, 408, 413, 415, 500, 503) },
        },
      },
      async (request) => renderHold(await holds.pause(actOf(request, request.body.reason))),
    );

    app.post(
      '/operations/resume',
      {
        schema: {
          operationId: 'resumeSubmissions',
          summary: 'Resume submissions (operators)',
          description:
            'Also required once after restoring a backup: the database has no job or Idempotency-Key newer than the backup, so a retry of such a request would buy a second time.',
          tags: ['operators'],
          querystring: NoQuerySchema,
          body: ResumeBodySchema,
          response: { 200: SubmissionsSchema, ...problems(400, 401, 403, 405, 408, 413, 415, 500, 503) },
        },
      },
      async (request) => renderHold(await holds.resume(actOf(request))),
    );
  };
}
