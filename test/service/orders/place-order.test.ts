// A second face over the same use case: another spelling of the body, another shape of errors, no line of buying.

import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ClipgateError } from '../../../src/core/errors.ts';
import { clientPrincipal } from '../../../src/core/principal.ts';
import { hashJson } from '../../../src/service/orders/canonical-json.ts';
import type { Orders } from '../../../src/service/orders/place-order.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

interface ReelBody {
  readonly engine?: string;
  readonly text: string;
  readonly seconds: number;
  readonly continues?: string;
  readonly mostDollars?: number;
}

/** The whole face. */
function createReelFace(orders: Orders): FastifyInstance {
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof ClipgateError)) throw error;
    const { field, reasons, jobId } = error.details;
    const wrong = { modelId: 'engine', previousJobId: 'continues', quote: '', callbackUrl: '' };
    const where = field ? [wrong[field.name]] : reasons?.map((reason) => reason.field);
    return reply.code(error.code === 'idempotency_key_reused' ? 409 : 400).send({
      failure: { kind: error.code, says: error.message, where, reel: jobId },
    });
  });
  app.post<{ Body: ReelBody }>('/reels', async ({ body, headers }, reply) => {
    const key = headers['x-order'];
    const { job, replayed } = await orders.placeOrder(clientPrincipal('studio', null), {
      spec: {
        prompt: body.text,
        duration: body.seconds,
        ...(body.continues === undefined ? {} : { previous_job_id: body.continues }),
      },
      routing: body.mostDollars === undefined ? {} : { max_cost_usd: body.mostDollars },
      modelId: body.engine ?? null,
      quote: null,
      fallback: null,
      callbackUrl: null,
      idempotency: key === undefined ? null : { key: String(key), bodyHash: hashJson(body) },
      wait: true,
      strict: null,
      acceptUnknownPrice: false,
      origin: { requestId: 'reel-1', traceparent: null },
    });
    return reply.code(200).send({ reel: job.id, engine: job.model, state: job.status, again: replayed });
  });
  return app;
}

let gateway: TestGateway;
let face: FastifyInstance;
beforeEach(async () => {
  gateway = await startTestGateway({ background: false });
  face = createReelFace(gateway.gateway.orders);
});
afterEach(async () => {
  await face.close();
  await gateway.close();
});

const REEL = { engine: 'google/veo-3.1-lite', text: 'a paper boat', seconds: 4 };
const bought = () => gateway.simulator.ledger().length;

async function post(payload: object, headers: Record<string, string> = {}) {
  const answer = await face.inject({ method: 'POST', url: '/reels', payload, headers });
  return { status: answer.statusCode, body: answer.json() };
}

it('buys once per key, and the job is seen through the API too', async () => {
  const first = await post(REEL, { 'x-order': 'one' });
  expect(first).toMatchObject({ status: 200, body: { engine: REEL.engine, state: 'pending', again: false } });
  const { reel } = first.body;
  expect(await post(REEL, { 'x-order': 'one' })).toMatchObject({ body: { reel, again: true } });
  expect(await (await gateway.request(`/jobs/${reel}`)).json()).toMatchObject({ id: reel, client: 'studio' });
  expect(await post({ ...REEL, seconds: 6 }, { 'x-order': 'one' })).toMatchObject({
    status: 409,
    body: { failure: { kind: 'idempotency_key_reused', reel } },
  });
  expect(bought()).toBe(1);
});

it('routes where no engine is named, within the budget', async () => {
  const routed = await post({ text: 'a paper boat', seconds: 4, mostDollars: 0.5 });
  expect(routed).toMatchObject({ status: 200, body: { state: 'pending' } });
  expect(bought()).toBe(1);
});

it.each([
  ['unknown_model', { engine: 'no/model' }, ['engine']],
  ['invalid_request', { continues: 'gen-vid-none' }, ['continues']],
  ['unsupported_request', { seconds: 5 }, ['duration']],
])('refuses with %s in its own shape and buys nothing', async (kind, change, where) => {
  const { status, body } = await post({ ...REEL, ...change });
  expect(status).toBe(400);
  expect(body).toMatchObject({ failure: { kind, where } });
  expect(body.failure.says).not.toMatch(/Send |previous_job_id|callback_url|\/jobs/);
  expect(bought()).toBe(0);
});
