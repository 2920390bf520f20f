// The unmodified MCP client, in every protocol it speaks, buys through the gateway what it wants and no clip more.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createFolder,
  DEADLINE,
  envOf,
  openUpstream,
  PATIENT,
  runGateway,
} from '../journey/gateway-process.ts';
import { CLIENT_KEY, startTestGateway } from '../support/gateway.ts';

type Options = NonNullable<ConstructorParameters<typeof Client>[1]>;

const PROTOCOLS: readonly [version: string, options: Options][] = [
  ['2026-07-28', { versionNegotiation: { mode: { pin: '2026-07-28' } } }],
  ['2025-11-25', { supportedProtocolVersions: ['2025-11-25'] }],
  ['2025-06-18', { supportedProtocolVersions: ['2025-06-18'] }],
];

async function connectTo(url: string, options: Options = {}, key: string = CLIENT_KEY) {
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
  const client = new Client({ name: 'test', version: '1' }, options);
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, transport };
}

/** As hosts do: the client holds the answer to the schema that the tool declares. */
async function call<T>(client: Client, name: string, args: Record<string, unknown>): Promise<T> {
  const { isError, content, structuredContent } = await client.callTool({ name, arguments: args });
  if (isError) throw new Error(JSON.stringify(content));
  return structuredContent as T;
}

interface Quote {
  readonly quote: string;
  readonly ceiling_usd: number;
}
interface Job {
  readonly id: string;
  readonly status: string;
  readonly ended: boolean;
}

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4 };

describe.each(PROTOCOLS)('by the protocol of %s', (version, options) => {
  it('lists the tools, asks what a clip costs, buys it, waits for it and plays it', async () => {
    const gateway = await startTestGateway();
    onTestFinished(() => gateway.close());
    const { client, transport } = await connectTo(gateway.url, options);
    expect(transport.protocolVersion).toBe(version);
    expect(client.getServerVersion()).toMatchObject({ name: 'clipgate' });
    expect(client.getInstructions()).toContain('buy_clip');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('buy_clip');

    await call(client, 'list_models', { limit: 3 });
    await call(client, 'route_clip', { prompt: CLIP.prompt, duration: 4 });
    const { quote, ceiling_usd } = await call<Quote>(client, 'quote_clip', CLIP);
    expect(ceiling_usd).toBeGreaterThan(0);
    expect(gateway.simulator.submits()).toBe(0);
    const purchase = { quote, idempotency_key: 'k1' };
    const { id } = await call<Job>(client, 'buy_clip', purchase);
    expect(await call<Job>(client, 'wait_for_job', { id })).toMatchObject({
      status: 'completed',
      ended: true,
    });
    expect((await call<Job>(client, 'buy_clip', purchase)).id).toBe(id);
    expect(await call(client, 'list_jobs', {})).toMatchObject({ data: [{ id }] });
    expect(await call(client, 'get_spend', {})).toMatchObject({ total: { jobs: 1 } });

    const { content } = await client.callTool({ name: 'get_job', arguments: { id, links: 'signed' } });
    const link = content.find((part) => part.type === 'resource_link');
    const clip = Buffer.from(await (await fetch(link?.uri ?? '')).arrayBuffer());
    expect(clip.toString('latin1', 4, 8)).toBe('ftyp');
    expect(gateway.simulator.ledger()).toHaveLength(1);
  });

  it('is told what is wrong, as a result or as an error', async () => {
    const gateway = await startTestGateway();
    onTestFinished(() => gateway.close());
    const { client } = await connectTo(gateway.url, options);
    const refused = await client.callTool({ name: 'quote_clip', arguments: { prompt: 'x', duration: 3600 } });
    expect(refused.isError).toBe(true);
    expect(JSON.stringify(refused.content)).toContain('nearest');
    await expect(client.callTool({ name: 'buy', arguments: {} })).rejects.toThrow(/Unknown tool: buy/);
    await expect(connectTo(gateway.url, options, 'wrong')).rejects.toThrow(/401|Unauthorized|unknown/i);
    expect(gateway.simulator.submits()).toBe(0);
  });
});

it('agrees with the gateway on the newest protocol where it may choose', async () => {
  const gateway = await startTestGateway();
  onTestFinished(() => gateway.close());
  const { transport } = await connectTo(gateway.url, { versionNegotiation: { mode: 'auto' } });
  expect(transport.protocolVersion).toBe('2026-07-28');
});

it('buys once though the connection breaks before the answer, and the agent calls again', async () => {
  const gateway = await startTestGateway();
  onTestFinished(() => gateway.close());
  // Passes requests on; breaks the first answers once it is told to.
  let toBreak = 0;
  const proxy = createServer((from) => {
    const to = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    from.pipe(to);
    to.on('data', (bytes) => {
      if (toBreak-- > 0) from.resetAndDestroy();
      else from.write(bytes);
    });
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  const { client } = await connectTo(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  const { quote } = await call<Quote>(client, 'quote_clip', CLIP);
  const purchase = { quote, idempotency_key: 'k1' };
  toBreak = 1;
  await expect(call(client, 'buy_clip', purchase)).rejects.toThrow();
  const { id } = await call<Job>(client, 'buy_clip', purchase);
  expect((await call<Job>(client, 'buy_clip', purchase)).id).toBe(id);
  expect(gateway.simulator.ledger()).toHaveLength(1);
});

it('buys once though the gateway is killed between the submit and its answer', PATIENT, async () => {
  const upstream = await openUpstream();
  const env = envOf(createFolder(), upstream.apiUrl);
  const first = await runGateway(env);
  const { client } = await connectTo(first.url);
  const { quote } = await call<Quote>(client, 'quote_clip', CLIP);
  const purchase = { quote, idempotency_key: 'k1' };
  const lost = call(client, 'buy_clip', purchase).catch((error: unknown) => error);
  // Upstream has the job and its bill; its answer is still on the way.
  await expect.poll(() => upstream.ledger().length, DEADLINE).toBe(1);
  first.signal('SIGKILL');
  await first.exit();
  expect(await lost).toBeInstanceOf(Error);

  const second = await runGateway(env);
  const { client: again } = await connectTo(second.url);
  const job = await call<Job>(again, 'buy_clip', purchase);
  expect(['submitting', 'submission_unknown']).toContain(job.status);
  await expect
    .poll(async () => (await call<Job>(again, 'get_job', { id: job.id })).status, { timeout: 30_000 })
    .toBe('submission_unknown');
  expect((await call<Job>(again, 'buy_clip', purchase)).id).toBe(job.id);
  // Another key does not make another purchase of the same quote.
  await expect(call(again, 'buy_clip', { quote, idempotency_key: 'k2' })).rejects.toThrow(/quote_used/);
  expect(upstream.ledger()).toHaveLength(1);
});
