// The address in the log line of every request: that of the connection, or the one a trusted proxy names.

import { afterEach, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

/** The addresses in the lines of one refused request and one accepted. */
async function addressesLogged(env: Readonly<Record<string, string>>): Promise<unknown[]> {
  gateway = await startTestGateway({ background: false, env });
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
  await gateway.request('/jobs', { headers: { authorization: 'Bearer wrong', ...forwarded } });
  await gateway.request('/jobs', { headers: forwarded });
  const lines = gateway.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.filter((line) => line['route'] === '/jobs').map((line) => line['client.address']);
}

it.each([
  ['nobody is trusted', {}, '127.0.0.1'],
  ['another network is trusted', { TRUST_PROXY: '10.0.0.0/8' }, '127.0.0.1'],
  ['this proxy is trusted', { TRUST_PROXY: '127.0.0.0/8' }, '198.51.100.7'],
  ['both proxies are trusted', { TRUST_PROXY: '127.0.0.0/8, 198.51.100.0/24' }, '203.0.113.9'],
])('where %s', async (_name, env, address) => {
  expect(await addressesLogged(env)).toEqual([address, address]);
});
