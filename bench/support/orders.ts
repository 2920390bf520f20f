// Orders over HTTP as fast as a gateway takes them: POST /jobs with respond-async, each with a key and a prompt of its own.

import autocannon from 'autocannon';

export interface Ordered {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const CONNECTIONS = 50;

let orders = 0;

/** How many were ordered in this process. */
export const countOrders = (): number => orders;

/** @throws Error where an order is refused, or a connection fails. */
export async function order(
  url: string,
  authorization: string,
  seconds: number,
  connections = CONNECTIONS,
): Promise<Ordered> {
  const result = await autocannon({
    url: `${url}/jobs`,
    method: 'POST',
    connections,
    duration: seconds,
    requests: [
      {
        setupRequest: (request) => {
          orders += 1;
          return {
            ...request,
            headers: {
              ...request.headers,
              authorization,
              'content-type': 'application/json',
              'idempotency-key': `order-${orders}`,
              prefer: 'respond-async',
            },
            body: JSON.stringify({
              model: 'google/veo-3.1-lite',
              prompt: `never ends, number ${orders}`,
              duration: 4,
              resolution: '720p',
            }),
          };
        },
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} refusals and ${result.errors} errors`);
  }
  const { p50, p99 } = result.latency;
  return { perSecond: result['2xx'] / result.duration, p50Ms: p50, p99Ms: p99 };
}
