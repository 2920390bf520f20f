// GET /jobs/{id}/events: a job as Server-Sent Events, resumable, closed by its end.

import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { isTerminal, type Job } from '../../../core/job/job.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import type { OpenStreams } from '../../response/open-streams.ts';
import { holdAnswer } from '../../response/unread-answers.ts';
import type { App } from '../../server/context.ts';
import type { MemoryBudget } from '../../server/memory-budget.ts';
import { writeJob } from '../job-answer.ts';
import { EventHeadersSchema, JobStreamEventSchema } from '../schemas/event.ts';
import { JobParamsSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';

export interface EventRoutesParts {
  readonly jobs: Pick<Jobs, 'get' | 'follow' | 'recordOf'>;
  readonly answers: MemoryBudget;
  readonly streams: OpenStreams;
}

// Proxies close what is silent for a minute.
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;

export function eventRoutes({ jobs, answers, streams }: EventRoutesParts) {
  /**
   * The next event is made only when the last has left: a reader that is slow skips states, and one that is gone
   * costs a buffer, not a queue. `hold` says whether there is memory for an event; without, the stream ends, and its
   * reader comes back for the newest state.
   */
  async function* write(
    job: Job,
    seenVersion: number,
    hold: (bytes: number) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    yield `retry: ${RECONNECT_MS}\n\n`;
    for await (const current of jobs.follow(job, seenVersion, HEARTBEAT_MS, signal)) {
      if (current === null) yield ': keep-alive\n\n';
      else {
        const data = await writeJob(jobs, current);
        if (!hold(data.length)) return;
        yield `event: job\nid: ${current.version}\ndata: ${data}\n\n`;
      }
    }
  }

  return async (app: App): Promise<void> => {
    app.get(
      '/jobs/:id/events',
      {
        // A stream has no length and no end to tell of.
        exposeHeadRoute: false,
        schema: {
          operationId: 'streamJobEvents',
          summary: 'Follow a job as Server-Sent Events until it ends',
          description:
            'Each event is named `job`; its data is a Job, its id the version of the job. Send `Last-Event-ID` to ' +
            'receive only newer versions. The stream closes after the terminal state; asked again with nothing newer, the ' +
            'answer is 204, at which an EventSource stops.',
          tags: ['jobs'],
          params: JobParamsSchema,
          headers: EventHeadersSchema,
          response: {
            200: {
              description:
                'The events: `event: job`, `id:` the version of the job, `data:` a Job on one line, and an empty line. ' +
                'Lines that begin with a colon keep the connection open.',
              content: { 'text/event-stream': { schema: JobStreamEventSchema } },
            },
            204: { description: 'The job has ended, and there is nothing after Last-Event-ID.', content: {} },
            ...problems(400, 401, 404, 405, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const job = await jobs.get(request.params.id, visibleTo(request.principal));
        const seenVersion = Number(request.headers['last-event-id'] ?? 0);
        // What a standard EventSource takes for "do not come back".
        if (isTerminal(job.status) && job.version <= seenVersion) return reply.code(204).send();
        const release = streams.open(request.principal.client);
        let held = holdAnswer(answers, request, reply, 0);
        const hold = (bytes: number): boolean => {
          if (reply.raw.writableLength === 0) {
            held.release();
            held = answers.open(request.principal.client);
          }
          return held.grow(bytes);
        };
        const stream = Readable.from(write(job, seenVersion, hold, request.signal), { objectMode: false });
        stream.once('close', () => held.release());
        stream.once('close', release);
        return sendStream(reply, stream);
      },
    );
  };
}

function sendStream(reply: FastifyReply, stream: Readable): FastifyReply {
  reply.type('text/event-stream; charset=utf-8').header('cache-control', 'no-store');
  // nginx would hold events back until its buffer is full.
  return reply.header('x-accel-buffering', 'no').send(stream);
}
