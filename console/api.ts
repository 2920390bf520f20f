// The one way to the network: the public API of this gateway, typed from its OpenAPI document.

import createClient from 'openapi-fetch';
import type { paths } from '../openapi/clipgate.d.ts';
import { type ApiProblem, toProblem, toUnreachable } from './problem.ts';

/** Requests of this gateway by path. Wrap each in `ask`. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  // `?status=a&status=b`
  querySerializer: { array: { style: 'form', explode: true } },
});

const listeners = new Set<(problem: ApiProblem) => void>();

/** Calls the listener when a request is refused because the reader is not signed in, or no longer. */
export function onSignedOut(listener: (problem: ApiProblem) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** What a request is answered with. @throws ApiProblem; DOMException AbortError where its signal ended it. */
export async function ask<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw toUnreachable();
  }
  const { data, error, response } = answer;
  // What a 204 is answered with is nothing, which is what was asked for.
  if (response.ok) return data as T;
  const problem = toProblem(response.status, error);
  if (response.status === 401) for (const listener of listeners) listener(problem);
  throw problem;
}
