// What can go wrong with a request, as the console shows it: the gateway's own problem, or that none arrived.

import type { components } from '../openapi/clipgate.d.ts';

export type ProblemBody = components['schemas']['Problem'];

/** A failed request. `code` is the gateway's, or `unreachable` where it gave no answer of its own. */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number | null;
  /** The request id, to be found in the gateway's log. */
  readonly requestId: string | null;
  /** The whole problem with its further members; null where the gateway gave none. */
  readonly body: ProblemBody | null;

  constructor(message: string, about: { code: string; status: number | null; body: ProblemBody | null }) {
    super(message);
    this.name = 'ApiProblem';
    this.code = about.code;
    this.status = about.status;
    this.body = about.body;
    this.requestId = about.body?.instance ?? null;
  }
}

const isProblem = (body: unknown): body is ProblemBody =>
  typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;

/** From what a request was answered with. */
export function toProblem(status: number, body: unknown): ApiProblem {
  if (isProblem(body)) return new ApiProblem(body.detail, { code: body.code, status, body });
  return new ApiProblem(
    `The answer was not the gateway's (status ${status}): a proxy in between may have given it.`,
    { code: 'unreachable', status, body: null },
  );
}

/** From what a request failed with before any answer. */
export function toUnreachable(): ApiProblem {
  return new ApiProblem('The gateway cannot be reached. What you entered is still here; try again.', {
    code: 'unreachable',
    status: null,
    body: null,
  });
}
