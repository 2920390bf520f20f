// Tunnels through a proxy: TLS with the host inside them, and nothing sent where one cannot be opened.

import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { submitOnce } from '../../../src/outbound/openrouter/submit.ts';
import { createConnector } from '../../../src/outbound/proxy/connector.ts';
import { createProxyRules } from '../../../src/outbound/proxy/proxy-rules.ts';
import { createCertificate } from '../../support/certificate.ts';
import { type ConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts';

const certificate = createCertificate(['upstream.test']);
let host: Server;
let requests: string[];
let proxy: ConnectProxy;
beforeEach(async () => {
  requests = [];
  host = createServer(certificate, (incoming, response) => {
    requests.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization'] ?? ''}`);
    response.end('{"id":"gen-vid-1","polling_url":"/x","status":"pending"}');
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const { port } = host.address() as AddressInfo;
  proxy = await startConnectProxy({ 'upstream.test': port, 'stranger.test': port });
});
afterEach(async () => {
  await proxy.close();
  host.closeAllConnections();
  host.close();
});

const connectorOf = (port: number, options: { connectMs?: number; except?: string } = {}) => {
  const { connectMs = 2_000, except } = options;
  const rules = createProxyRules({
    http: undefined,
    https: createSecret(`http://me:canary-password@127.0.0.1:${port}`),
    except,
  });
  return createConnector(rules, { connectMs, ca: [certificate.cert] });
};

const submit = (connect: ReturnType<typeof createConnector>, name = 'upstream.test') =>
  submitOnce(
    {
      url: new URL(`https://${name}/api/v1/videos`),
      apiKey: createSecret('sk-or-v1-test'),
      userAgent: 'clipgate/test',
      now: () => 0,
      connect,
      timeoutMs: 5_000,
    },
    { model: 'google/veo-3.1-lite', prompt: 'a paper boat' },
    null,
  );

it('checks the certificate of the host through the tunnel, and tells the proxy nothing but its name', async () => {
  const agent = new Agent({ connect: connectorOf(proxy.port) });
  const answer = await request('https://upstream.test/models?x=1', { dispatcher: agent });
  await answer.body.dump();
  expect(requests).toEqual(['GET /models?x=1 ']);
  const authorization = `Basic ${Buffer.from('me:canary-password').toString('base64')}`;
  expect(proxy.asked).toEqual([{ authority: 'upstream.test:443', authorization }]);
  await expect(request('https://stranger.test/', { dispatcher: agent })).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
  await agent.destroy();
});

it('each submit has a tunnel of its own', async () => {
  const connect = connectorOf(proxy.port);
  expect(await submit(connect)).toMatchObject({ kind: 'accepted', upstreamId: 'gen-vid-1' });
  expect(await submit(connect)).toMatchObject({ kind: 'accepted' });
  expect(proxy.asked).toHaveLength(2);
});

it.each([407, 403, 502, 302])('a proxy that answers %i has sent nothing', async (status) => {
  proxy.refuse(status);
  expect(await submit(connectorOf(proxy.port))).toEqual({
    kind: 'not_sent',
    reason: `upstream cannot be reached (PROXY_ANSWERED_${status})`,
  });
  expect(requests).toEqual([]);
});

it('a proxy that is away, or does not answer, has sent nothing', async () => {
  const silent = createTcpServer((socket) => void socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const outcome = await submit(connectorOf(port, { connectMs: 200 }));
  expect(outcome).toMatchObject({ kind: 'not_sent', reason: expect.stringMatching(/PROXY_/) });
  await new Promise((resolve) => silent.close(resolve));
  expect(await submit(connectorOf(port))).toEqual({
    kind: 'not_sent',
    reason: 'upstream cannot be reached (PROXY_ECONNREFUSED)',
  });
});

it('a tunnel to another host than the certificate names has sent nothing', async () => {
  expect(await submit(connectorOf(proxy.port), 'stranger.test')).toMatchObject({ kind: 'not_sent' });
  expect(requests).toEqual([]);
});

it('what NO_PROXY names is not asked of the proxy', async () => {
  // The name leads nowhere but through the proxy.
  const outcome = await submit(connectorOf(proxy.port, { except: 'upstream.test' }));
  expect(outcome).toMatchObject({ kind: 'not_sent', reason: expect.not.stringContaining('PROXY_') });
  expect(proxy.asked).toEqual([]);
});
