// The video routes: submit, poll and content, with the faults of each.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../api-error.ts';
import { planClip } from '../clip.ts';
import { commit, honestJson } from '../faults/acts.ts';
import type { FaultRule } from '../faults/book.ts';
import { isRequestFault, strikesFirst } from '../faults/catalogue.ts';
import { faultHeader, faultsInHeader, faultsInPrompt } from '../faults/markers.ts';
import { sendOddly } from '../faults/odd-answers.ts';
import { rewordPoll } from '../faults/poll-words.ts';
import { type Job, type SubmitAnswer, statusOf } from '../job.ts';
import { originOf, pollingUrl, renderPoll } from '../job-views.ts';
import { drawSubmitMs } from '../latency.ts';
import { rememberBody } from '../ledger.ts';
import { canEncode } from '../media/h264.ts';
import type { Size } from '../picture.ts';
import { billFor } from '../pricing/bill.ts';
import { priceFactor } from '../settings.ts';
import { requireModel } from '../validation.ts';
import { parseVideoRequest } from '../wire.ts';
import type { World } from '../world.ts';
import { sendContent } from './content.ts';

type JobRoute = { Params: { id: string }; Querystring: { index?: string } };

export function videoRoutes(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.post('/videos', (request, reply) => submit(world, request, reply));
    app.get<JobRoute>('/videos/:id', async (request, reply) => {
      return poll(world, requireJob(world, request.params.id), request, reply);
    });
    app.get<JobRoute>('/videos/:id/content', async (request, reply) => {
      const job = requireJob(world, request.params.id);
      return sendContent(world, job, request.query.index, requestRules(world, request), reply);
    });
  };
}

function requireJob(world: World, id: string): Job {
  const job = world.jobs.find(id);
  if (job === undefined) throw new ApiError(404, `Job ${id} not found`);
  return job;
}

function requestRules(world: World, request: FastifyRequest): FaultRule[] {
  return world.faults.attach(faultsInHeader(request.headers[faultHeader]));
}

async function submit(world: World, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  world.traffic.submits += 1;
  const { model, prompt } = peek(request.body);
  const rules = [...requestRules(world, request), ...world.faults.attach(faultsInPrompt(prompt ?? ''))];
  const early = world.faults.draw('submit', { model, prompt }, rules, strikesFirst).find(isRequestFault);
  if (early !== undefined) return commit(early, reply, honestJson(202, {}), { model, prompt });

  const job = buy(world, request, rules);
  watchAnswer(job, reply);
  // Drawn only now: a submit that is refused as invalid does not use up a fault meant for an accepted one.
  const context = { model, prompt, jobId: job.id };
  const faults = world.faults.draw('submit', context, rules, (fault) => !strikesFirst(fault));
  world.webhooks.plan(job);
  const { time_scale: timeScale } = world.settings();
  await world.clock.sleep(drawSubmitMs(world.randomFor(`submit/${job.number}`)) * timeScale);

  const polling_url = pollingUrl(job, originOf(request), world.settings());
  const late = faults.find(isRequestFault);
  if (late !== undefined) {
    job.answer = spoiledAnswers[late.fault] ?? job.answer;
    const honest = honestJson(202, { id: job.id, polling_url, status: 'pending' });
    return commit(late, reply, honest, context);
  }
  const odd = faults.find((fault) => fault.fault === 'odd_answer');
  if (odd !== undefined) {
    return sendOddly(odd.as, { id: job.id, polling_url, status: 'pending' }, reply);
  }
  const id = faults.some((fault) => fault.fault === 'no_id') ? {} : { id: job.id, polling_url };
  return reply.code(202).send({ ...id, status: 'pending' });
}

/** Answers that never reach the client whole. The others are noted when they have left. */
const spoiledAnswers: { readonly [fault: string]: SubmitAnswer } = {
  reset: { kind: 'reset', status: null },
  hang: { kind: 'hang', status: null },
  cut: { kind: 'cut', status: 202 },
};

/** What faults are matched by, read before the body is known to be valid. */
function peek(body: unknown): { model: string | undefined; prompt: string | undefined } {
  const field = (name: string) => {
    const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  return { model: field('model'), prompt: field('prompt') };
}

/** The paid call. It is paid for whether or not the client is still there to hear of it. */
function buy(world: World, http: FastifyRequest, rules: readonly FaultRule[]): Job {
  const request = parseVideoRequest(http.body);
  const model = requireModel(world.catalog, request, world);
  if (request.previous_job_id !== undefined) requireJob(world, request.previous_job_id);
  const clip = planClip(model, request);
  requireFilmable(clip.size);
  const bill = billFor(model, clip, priceFactor(world.settings(), model.id));
  world.account.requireFunds(bill.costUsd ?? 0);
  const body = rememberBody(http.body);
  return world.jobs.accept({ model, request, body, clip, bill, origin: originOf(http), rules });
}

/** A size that is not enumerated may still be one that no video has. */
function requireFilmable({ width, height }: Size): void {
  if (canEncode(width, height)) return;
  throw new ApiError(
    400,
    `Size ${width}x${height} is not supported for this model. Supported sizes: up to 8K`,
  );
}

/** Notes in the ledger whether the answer left, or the client had hung up by then. */
function watchAnswer(job: Job, reply: FastifyReply): void {
  const note = (answer: SubmitAnswer) => {
    if (job.answer.kind === 'waiting') job.answer = answer;
  };
  reply.raw.once('finish', () => note({ kind: 'sent', status: reply.raw.statusCode }));
  reply.raw.once('close', () => note({ kind: 'gone', status: null }));
}

function poll(world: World, job: Job, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const context = { model: job.model.id, prompt: job.request.prompt, jobId: job.id };
  const faults = world.faults.draw('poll', context, [...requestRules(world, request), ...job.rules]);
  job.polls += 1;
  const shown = faults.find((fault) => fault.fault === 'poll_status')?.status;
  const status = shown ?? statusOf(job, world.clock.nowMs());
  const honest = renderPoll(job, status, originOf(request), world.settings());
  const body = rewordPoll(honest, faults, status === job.ending.status && status !== 'pending');
  const spoiling = faults.find(isRequestFault);
  if (spoiling !== undefined) return commit(spoiling, reply, honestJson(200, body), context);
  const huge = faults.find((fault) => fault.fault === 'huge');
  return reply.send(huge === undefined ? body : { ...body, padding: 'x'.repeat(huge.bytes) });
}
