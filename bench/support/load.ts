// Asks one server as fast as it answers, for a while, and says what each answer took and cost.

import autocannon from 'autocannon';
import type { Child } from './child.ts';

export interface Target {
  readonly child: Pick<Child, 'usage'>;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Or what makes one for each request. */
  readonly body?: string | (() => string);
}

export interface Load {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** CPU time of the server process for one answer. The client shares the machine; this does not share with it. */
  readonly cpuMicros: number;
  /** Of bodies and headers together. */
  readonly bytesPerAnswer: number;
}

/** @throws Error where any answer is not a 200: a refusal is quicker than the work it stands for. */
export async function load(target: Target, seconds: number, connections: number): Promise<Load> {
  const { body } = target;
  const before = await target.child.usage();
  const result = await autocannon({
    url: target.url,
    method: target.method ?? 'GET',
    headers: { ...target.headers },
    ...(typeof body === 'string' && { body }),
    ...(typeof body === 'function' && {
      requests: [{ setupRequest: (request: autocannon.Request) => ({ ...request, body: body() }) }],
    }),
    connections,
    duration: seconds,
  });
  const after = await target.child.usage();
  const answers = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0 || answers === 0) {
    throw new Error(`${target.url}: ${result.non2xx} refusals, ${result.errors} errors, ${answers} answers`);
  }
  return {
    perSecond: answers / result.duration,
    p99Ms: result.latency.p99,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / answers,
    bytesPerAnswer: result.throughput.total / answers,
  };
}
