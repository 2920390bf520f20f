// The schema of GET /overview.

import { z } from 'zod';
import { BREAKER_SCOPES } from '../../../core/job/submit-breaker.ts';
import { CatalogChangeSchema, changeExample } from './catalog-change.ts';
import { JobStatusSchema } from './job-status.ts';
import { listOf } from './list.ts';
import { SubmissionsSchema } from './submissions.ts';

const CountsSchema = listOf(z.object({ status: JobStatusSchema, jobs: z.int() }));

const ModelHealthSchema = z.object({
  model: z.string(),
  ended: z.int().describe('Of the latest 64 jobs at most, those that were cancelled left out.'),
  completed: z.int().describe('How many of them ended with a clip.'),
  p50_s: z.number().nullable().describe('Seconds from submit to clip; null where none was timed.'),
  p90_s: z.number().nullable(),
  last_ended_at: z.iso.datetime(),
});

const PauseSchema = z
  .object({
    scope: z
      .enum(BREAKER_SCOPES)
      .describe(
        '`pair`: what one client sends to one model; `model`, `client`: all of it; `all`: everything.',
      ),
    model: z.string().nullable().describe('null: every model.'),
    client: z.string().nullable().describe('null: every client.'),
    since: z.iso.datetime(),
    trial_at: z.iso
      .datetime()
      .nullable()
      .describe('From when on one submit is let through as a trial; null while a trial is under way.'),
    failed_trials: z.int(),
    submits: z.int().describe('Submits in the five minutes before it was paused.'),
    unknown: z.int().describe('How many of them had an unknown outcome.'),
  })
  .describe('Submits that the circuit breaker of this process keeps back.');

const AlarmSchema = z.object({
  alarm: z.string().describe('Its name in the log; see docs/reference/alarms.md.'),
  happened: z.string(),
  action: z.string().describe('What to do.'),
  since: z.iso.datetime(),
  last_at: z.iso.datetime(),
  count: z.int().describe('How often it was raised since.'),
  active: z
    .boolean()
    .describe('false: not raised for 15 minutes, so it is over, or it is an event, of which none lasts.'),
  about: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .describe('Fields of its last line in the log, such as `job_id`.'),
});

export const OverviewSchema = z
  .object({
    at: z.iso.datetime(),
    jobs: z.object({
      open: CountsSchema.describe('Jobs that have not ended, by status; only statuses with jobs.'),
      ended: CountsSchema.describe('Jobs that ended since `ended_since`, by status.'),
      ended_since: z.iso.datetime().describe('24 hours ago.'),
    }),
    models: listOf(ModelHealthSchema).describe('By id; only models with jobs that have ended.'),
    pauses: listOf(PauseSchema).describe('Widest first.'),
    unknown_submissions: z.object({
      data: listOf(
        z.object({
          id: z.string(),
          model: z.string(),
          client: z.string(),
          ceiling_usd: z.number().nullable(),
          created_at: z.iso.datetime(),
        }),
      ).describe('Jobs that OpenRouter may have accepted, oldest first, at most 20.'),
      has_more: z.boolean(),
    }),
    catalog: z.object({
      changes: listOf(CatalogChangeSchema).describe('Newest first, at most 100.'),
      since: z.iso.datetime().describe('Seven days ago.'),
      has_more: z.boolean(),
    }),
    operations: z
      .object({
        submissions: SubmissionsSchema,
        alarms: listOf(AlarmSchema).describe('Of the last 24 hours: active ones first.'),
        instance: z
          .string()
          .describe('The process that answers: its alarms and pauses are these, a replica has its own.'),
      })
      .nullable()
      .describe('null for clients.'),
  })
  .meta({
    id: 'Overview',
    description:
      'Jobs by status, health of models, paused submits, alarms and catalog changes at the moment.',
    examples: [
      {
        at: '2026-10-02T09:00:00.000Z',
        jobs: {
          open: [{ status: 'in_progress', jobs: 3 }],
          ended: [
            { status: 'completed', jobs: 118 },
            { status: 'failed', jobs: 2 },
          ],
          ended_since: '2026-10-01T09:00:00.000Z',
        },
        models: [
          {
            model: 'google/veo-3.1-lite',
            ended: 64,
            completed: 63,
            p50_s: 41.2,
            p90_s: 58.9,
            last_ended_at: '2026-10-02T08:58:12.400Z',
          },
        ],
        pauses: [
          {
            scope: 'model',
            model: 'bytedance/seedance-2.0-fast',
            client: null,
            since: '2026-10-02T08:59:40.000Z',
            trial_at: '2026-10-02T09:00:10.000Z',
            failed_trials: 0,
            submits: 12,
            unknown: 3,
          },
        ],
        unknown_submissions: { data: [], has_more: false },
        catalog: { changes: [changeExample], since: '2026-09-25T09:00:00.000Z', has_more: false },
        operations: {
          submissions: { held: false, reason: null, operator: null, since: null },
          alarms: [
            {
              alarm: 'submissions_paused',
              happened:
                'Too many submits of the last five minutes have an unknown outcome: submissions are paused.',
              action:
                'Check the network path to OpenRouter and its status page. Submissions resume by themselves once a trial submit is answered.',
              since: '2026-10-02T08:59:40.000Z',
              last_at: '2026-10-02T08:59:40.000Z',
              count: 1,
              active: true,
              about: { scope: 'model', model: 'bytedance/seedance-2.0-fast', submits: 12, unknown: 3 },
            },
          ],
          instance: 'gateway-7d9c:1:5f1c09',
        },
      },
    ],
  });
