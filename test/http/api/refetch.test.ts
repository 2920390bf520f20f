// POST /jobs/{id}/refetch: for operators, on record, and what is stored is replaced by whole clips only.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { archived, buy, follow, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { OPERATOR_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const asOperator = { authorization: `Bearer ${OPERATOR_KEY}` };
const refetch = (id: string, body: object = {}, headers: Record<string, string> = asOperator) =>
  gateway.post(`/jobs/${id}/refetch`, body, headers);
const headOf = async (id: string) => {
  const { headers } = await gateway.request(`/jobs/${id}/content`, { method: 'HEAD' });
  return {
    etag: headers.get('etag'),
    cache: headers.get('cache-control'),
    bytes: headers.get('content-length'),
  };
};
const auditOf = async (id: string) =>
  readAs<{ data: { action: string; operator: string; reason: string }[] }>(
    await gateway.request(`/jobs/${id}/audit`, { headers: asOperator }),
  );

it('replaces a clip by what upstream has now, under another ETag that may not be kept for good', async () => {
  const { id } = await archived(gateway, (await buy(gateway)).id);
  const before = await headOf(id);
  expect(before.cache).toContain('immutable');
  const other = gateway.simulator.addFault({ fault: 'large', bytes: 300_000 });
  const response = await refetch(id, { reason: 'The client sees a black clip.' });
  other();
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ id, outputs: [{ bytes: 300_000 }] });
  const after = await headOf(id);
  expect(after).toMatchObject({ bytes: '300000', cache: 'private, no-cache' });
  expect(after.etag).not.toBe(before.etag);
  const known = await gateway.request(`/jobs/${id}/content`, {
    headers: { 'if-none-match': before.etag ?? '' },
  });
  expect(known.status).toBe(200);
  expect(await known.arrayBuffer()).toHaveProperty('byteLength', 300_000);
  expect(await auditOf(id)).toMatchObject({
    data: [{ action: 'refetch', operator: 'alice', reason: 'The client sees a black clip.' }],
  });
});

it('leaves what is stored where upstream fails, and says why', async () => {
  const { id } = await archived(gateway, (await buy(gateway)).id);
  const before = await headOf(id);
  const broken = gateway.simulator.addFault({ fault: 'error', on: 'content', status: 502 });
  const problem = await readAs<ProblemAnswer>(await refetch(id));
  broken();
  expect(problem).toMatchObject({ status: 502, code: 'content_unavailable' });
  const gone = gateway.simulator.addFault({ fault: 'error', on: 'content', status: 410 });
  expect((await refetch(id)).status).toBe(410);
  gone();
  expect(await headOf(id)).toEqual(before);
});

it('is for operators, and for jobs that have a clip', async () => {
  const stuck = gateway.simulator.addFault({ fault: 'poll_status', status: 'pending' });
  const { id } = await buy(gateway);
  expect((await refetch(id, {}, {})).status).toBe(403);
  expect(await readAs<ProblemAnswer>(await refetch(id))).toMatchObject({ status: 409, code: 'not_ready' });
  stuck();
  gateway.simulator.addFault({ fault: 'fail', count: 1 });
  const failed = await follow(gateway, (await buy(gateway)).id);
  expect((await refetch(failed.id)).status).toBe(410);
  expect((await refetch('job_00000000000000000000000000')).status).toBe(404);
  expect((await refetch(id, { accept_as_is: 'yes' })).status).toBe(400);
  expect((await auditOf(id)).data).toEqual([]);
});
