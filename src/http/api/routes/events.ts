// Server-Sent Events: GET /jobs/{id}/events, a job until its end; GET /jobs/events, every change of a client's jobs.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal, type Job } from '../../../core/job/job.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { FeedItem, JobFeed } from '../../../service/jobs/job-feed.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import type { OpenStreams } from '../../response/open-streams.ts';
import { holdAnswer } from '../../response/unread-answers.ts';
import type { App } from '../../server/context.ts';
import type { MemoryBudget } from '../../server/memory-budget.ts';
import type { StillAdmitted } from '../../server/still-admitted.ts';
import { writeJob } from '../job-answer.ts';
import { EventHeadersSchema, JobStreamEventSchema } from '../schemas/event.ts';
import { JobParamsSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';

export interface EventRoutesParts {
  readonly jobs: Pick<Jobs, 'get' | 'follow' | 'recordOf'>;
  readonly feed: Pick<JobFeed, 'follow'>;
  readonly answers: MemoryBudget;
  readonly streams: OpenStreams;
  readonly stillAdmitted: StillAdmitted;
}

// Proxies close what is silent for a minute.
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;
const KEEP_ALIVE = ': keep-alive\n\n';
const RETRY = `retry: ${RECONNECT_MS}\n\n`;

/** Whether there is memory for so many bytes more; without, a stream ends, and its reader comes back. */
type Hold = (bytes: number) => boolean;

export function eventRoutes({ jobs, feed, answers, streams, stillAdmitted }: EventRoutesParts) {
  /**
   * The next event is made only when the last has left: a reader that is slow skips states, and one that is gone
   * costs a buffer, not a queue.
   */
  async function* writeStates(
    job: Job,
    seenVersion: number,
    hold: Hold,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    yield RETRY;
    for await (const current of jobs.follow(job, seenVersion, HEARTBEAT_MS, signal)) {
      if (current === null) yield KEEP_ALIVE;
      else {
        const data = await writeJob(jobs, current);
        if (!hold(data.length)) return;
        yield `event: job\nid: ${current.version}\ndata: ${data}\n\n`;
      }
    }
  }

  async function* writeChanges(items: AsyncIterable<FeedItem>, hold: Hold): AsyncGenerator<string> {
    yield RETRY;
    for await (const item of items) {
      if (item === 'idle') yield KEEP_ALIVE;
      else if (item === 'missed') yield 'event: missed\ndata: {}\n\n';
      else {
        const data = await writeJob(jobs, item);
        if (!hold(data.length)) return;
        // Without an id: what was missed in between cannot be asked for, and the list is read again.
        yield `event: job\ndata: ${data}\n\n`;
      }
    }
  }

  /** Ends a stream with the key or session that opened it: no event leaves after that, and no heartbeat. */
  async function* whileAdmitted(
    request: FastifyRequest,
    events: AsyncIterable<string>,
  ): AsyncGenerator<string> {
    for await (const event of events) {
      if (!(await stillAdmitted(request))) return;
      yield event;
    }
  }

  /** Answers with the events that `write` makes, within what its client may have open and unread. */
  function stream(
    request: FastifyRequest,
    reply: FastifyReply,
    write: (hold: Hold) => AsyncIterable<string>,
  ): FastifyReply {
    const { client } = request.principal;
    // Before the stream is counted: what is refused here counts as none.
    let held = holdAnswer(answers, request, reply, 0);
    const release = streams.open(client);
    const hold: Hold = (bytes) => {
      if (reply.raw.writableLength === 0) {
        held.release();
        held = answers.open(client);
      }
      return held.grow(bytes);
    };
    const events = Readable.from(whileAdmitted(request, write(hold)), { objectMode: false });
    events.once('close', () => held.release());
    events.once('close', release);
    return sendStream(reply, events);
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
        return stream(request, reply, (hold) => writeStates(job, seenVersion, hold, request.signal));
      },
    );

    app.get(
      '/jobs/events',
      {
        exposeHeadRoute: false,
        schema: {
          operationId: 'streamEvents',
          summary: 'Follow every change of your jobs as Server-Sent Events',
          description:
            'Each event named `job` holds a Job that was made or has changed since the stream was opened; changes that ' +
            'come faster are seen as one. `missed` says that more changed than was sent: read the list again, as after ' +
            'a reconnect. An operator or auditor sees the jobs of every client. The stream ends with the key or session that ' +
            'opened it.',
          tags: ['jobs'],
          querystring: NoQuerySchema,
          response: {
            200: {
              description:
                'The events: `event: job`, `data:` a Job on one line, and an empty line. Lines that begin with a colon ' +
                'keep the connection open.',
              content: { 'text/event-stream': { schema: JobStreamEventSchema } },
            },
            ...problems(400, 401, 405, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const items = feed.follow(visibleTo(request.principal), HEARTBEAT_MS, request.signal);
        return stream(request, reply, (hold) => writeChanges(items, hold));
      },
    );
  };
}

function sendStream(reply: FastifyReply, stream: Readable): FastifyReply {
  reply.type('text/event-stream; charset=utf-8').header('cache-control', 'no-store');
  // nginx would hold events back until its buffer is full.
  return reply.header('x-accel-buffering', 'no').send(stream);
}
