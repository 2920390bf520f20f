// What the tests of jobs share: a clip that every run can buy, and a way to its end without sleeping.

import type { TestGateway } from './gateway.ts';

/** 12 cents on this model. */
export const CLIP = {
  model: 'google/veo-3.1-lite',
  prompt: 'a paper boat',
  duration: 4,
  resolution: '720p',
  aspect_ratio: '16:9',
  generate_audio: false,
} as const;

/** A job as the API answers it. */
export interface JobAnswer {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly cost: { readonly estimated_usd: number | null; readonly actual_usd: number | null };
  readonly upstream: { readonly id: string | null };
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly resubmit_safe: boolean;
  readonly outputs: readonly { readonly url: string; readonly bytes: number | null }[];
}

export interface ProblemAnswer {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly instance: string;
  readonly job_id?: string;
  readonly [member: string]: unknown;
}

/** Reads JSON as what the document, which `request` has checked it against, says it is. */
export const readAs = async <T>(response: Response): Promise<T> => (await response.json()) as T;

/** Buys a clip. @throws where it is not accepted. */
export async function buy(gateway: TestGateway, body: object = CLIP): Promise<JobAnswer> {
  const response = await gateway.post('/jobs', body);
  if (response.status !== 202) throw new Error(`not bought: ${await response.text()}`);
  return readAs<JobAnswer>(response);
}

/** Waits for `done`, asking again whenever the job's status has changed. The loops of the gateway must run. */
export async function follow(
  gateway: TestGateway,
  id: string,
  done: (job: JobAnswer) => boolean = ({ status }) =>
    !['queued', 'submitting', 'pending', 'in_progress'].includes(status),
): Promise<JobAnswer> {
  for (;;) {
    const response = await gateway.request(`/jobs/${id}`, { headers: { prefer: 'wait=1' } });
    const job = await readAs<JobAnswer>(response);
    if (done(job)) return job;
  }
}

/** Waits until the archive holds the whole clip. */
export const archived = (gateway: TestGateway, id: string): Promise<JobAnswer> =>
  follow(gateway, id, ({ outputs }) => outputs.length > 0 && outputs.every(({ bytes }) => bytes !== null));
