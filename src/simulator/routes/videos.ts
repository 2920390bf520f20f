// The four video routes' paid half: submit, poll, content, exactly as a client of OpenRouter meets them.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ApiError } from '../api-error.ts';
import { planClip } from '../clip.ts';
import { streamContent } from '../content.ts';
import { contentUrl, pollingUrl, renderPoll } from '../job-views.ts';
import type { Job } from '../jobs.ts';
import { statusOf } from '../jobs.ts';
import { drawSubmitMs } from '../latency.ts';
import { rememberBody } from '../ledger.ts';
import { billFor } from '../pricing/bill.ts';
import { priceFactor } from '../settings.ts';
import { requireModel } from '../validation.ts';
import { parseVideoRequest } from '../wire.ts';
import type { World } from '../world.ts';

type JobParams = { Params: { id: string } };

export function videoRoutes(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.post('/videos', async (request, reply) => {
      const job = buy(request.body);
      watchAnswer(job, reply);
      await world.clock.sleep(
        drawSubmitMs(world.randomFor(`submit/${job.id}`)) * world.settings().time_scale,
      );
      return reply
        .code(202)
        .send({ id: job.id, polling_url: pollingUrl(job, request, world.settings()), status: 'pending' });
    });

    app.get<JobParams>('/videos/:id', async (request) => {
      const job = requireJob(request.params.id);
      job.polls += 1;
      return renderPoll(job, statusOf(job, world.clock.nowMs()), {
        pollingUrl: pollingUrl(job, request, world.settings()),
        contentUrl: contentUrl(job, request),
      });
    });

    app.get<JobParams & { Querystring: { index?: string } }>(
      '/videos/:id/content',
      async (request, reply) => {
        const job = requireJob(request.params.id);
        requireFinished(job);
        requireIndex(request.query.index, 1);
        job.downloads += 1;
        const rate = world.settings().content_bytes_per_second;
        reply.type('video/mp4');
        return reply.send(streamContent(world.clock, world.films.filmOf(job), rate));
      },
    );
  };

  /** The paid call. It is paid for whether or not the client is still there to hear of it. */
  function buy(body: unknown): Job {
    const request = parseVideoRequest(body);
    const model = requireModel(world.catalog, request, world);
    const clip = planClip(model, request);
    const bill = billFor(model, clip, priceFactor(world.settings(), model.id));
    world.account.requireFunds(bill.costUsd ?? 0);
    return world.jobs.accept({ model, request, body: rememberBody(body), clip, bill });
  }

  function requireJob(id: string): Job {
    const job = world.jobs.find(id);
    if (job === undefined) throw new ApiError(404, `Job ${id} not found`);
    return job;
  }

  function requireFinished(job: Job): void {
    const status = statusOf(job, world.clock.nowMs());
    if (status !== 'completed') throw new ApiError(409, `Job ${job.id} has no content: it is ${status}`);
  }
}

function requireIndex(text: string | undefined, available: number): void {
  const index = Number(text ?? 0);
  if (!Number.isInteger(index) || index < 0) {
    throw new ApiError(400, 'Invalid request parameters: index: must be a whole number, 0 or more');
  }
  if (index >= available) {
    throw new ApiError(400, `Video index ${index} out of range (${available} videos available)`);
  }
}

/** Notes in the ledger whether the answer left, or the client had hung up by then. */
function watchAnswer(job: Job, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    job.answer = { kind: 'sent', status: reply.raw.statusCode };
  });
  reply.raw.once('close', () => {
    if (job.answer.kind === 'waiting') job.answer = { kind: 'gone', status: null };
  });
}
