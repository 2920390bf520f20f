// The application as supertest drives it: no port of its own, every probe and refusal as a library user sees it.

import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(() => gateway.close());

const agent = () => supertest(gateway.gateway.app.server);
const key = `Bearer ${CLIENT_KEY}`;

describe('the application under supertest', () => {
  it('answers probes without a key', async () => {
    await agent().get('/healthz').expect(200, { status: 'ok' });
    await gateway.request('/models');
    const ready = await agent().get('/readyz').expect(200);
    expect(ready.body.checks.catalog.detail).toMatch(/^30 models/);
  });

  it('routes, buys and lists with one, and refuses without', async () => {
    const clip = { prompt: 'x', duration: 4, resolution: '720p' };
    await agent()
      .post('/route')
      .send(clip)
      .expect(401)
      .expect('www-authenticate', /^Bearer/);
    const routed = await agent().post('/route').set('authorization', key).send(clip).expect(200);
    const bought = await agent().post('/jobs').set('authorization', key).send(clip).expect(202);
    expect(bought.body.model).toBe(routed.body.selected);
    const listed = await agent().get('/jobs').set('authorization', key).expect(200);
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([bought.body.id]);
  });

  it('refuses in problem documents', async () => {
    const wrong = await agent()
      .post('/jobs')
      .set('authorization', key)
      .send({ prompt: 'x', duration: '4' })
      .expect(400);
    expect(wrong.type).toBe('application/problem+json');
    expect(wrong.body.errors).toEqual([expect.objectContaining({ in: 'body', pointer: '/duration' })]);
  });
});
