// A job whose request was erased is not sent again: what is left of it would buy another clip.

import { expect, it } from 'vitest';
import type { Job } from '../../../src/core/job/job.ts';
import { clientPrincipal } from '../../../src/core/principal.ts';
import { resubmit } from '../../../src/service/orders/resubmission.ts';

it('refuses to send an erased request again, whoever accepts whatever', async () => {
  const asked: string[] = [];
  const refuse = (name: string) => async () => {
    asked.push(name);
    throw new Error(name);
  };
  const jobs = {
    findReplay: async () => null,
    recordOf: async () => ({ resent: false, everUnknown: false }),
    bodyOf: refuse('bodyOf'),
    make: refuse('make'),
  } as unknown as Parameters<typeof resubmit>[0];
  const job = { id: 'job_1', clientId: 'studio', status: 'failed', bodyErasedAt: 1 } as Job;
  const sending = resubmit(jobs, clientPrincipal('studio', null), job, {
    key: null,
    acceptDoubleCharge: true,
    wait: false,
    origin: { requestId: 'again-1', traceparent: null },
  });
  await expect(sending).rejects.toMatchObject({ code: 'not_resubmittable' });
  expect(asked).toEqual([]);
});
