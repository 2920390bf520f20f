// What the gateway answers a question with: models in order, or every reason why there is none.

import { api, ask } from '../api.ts';
import { toProblem } from '../problem.ts';
import type { Schemas } from '../schemas.ts';
import type { RouteBody } from './question.ts';

export interface Answer {
  /** Null where no model can make the clip. */
  readonly route: Schemas['RouteResult'] | null;
  readonly rejected: readonly Schemas['Rejected'][];
  readonly nearest: readonly Schemas['Nearest'][];
  /** The place of each model by the published guide's way of scoring. */
  readonly guideRanks: ReadonlyMap<string, number>;
}

/** Asks both ways of scoring. @throws ApiProblem for a question that has no answer. */
export async function findAnswer(body: RouteBody, signal: AbortSignal): Promise<Answer> {
  const [measured, guide] = await Promise.all([
    api.POST('/route', { body, signal }),
    api.POST('/route', { body: { ...body, scoring: 'guide' }, signal }),
  ]);
  const guideRanks = new Map((guide.data?.candidates ?? []).map(({ model, rank }) => [model, rank]));
  if (measured.data) {
    const { rejected, nearest } = measured.data;
    return { route: measured.data, rejected, nearest, guideRanks };
  }
  const problem = toProblem(measured.response.status, measured.error);
  if (problem.code !== 'no_matching_model')
    return ask(Promise.resolve({ ...measured, data: undefined as never }));
  return {
    route: null,
    rejected: (problem.body?.['rejected'] ?? []) as Schemas['Rejected'][],
    nearest: (problem.body?.['nearest'] ?? []) as Schemas['Nearest'][],
    guideRanks,
  };
}
