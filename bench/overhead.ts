// What metrics and traces cost a read: GET /jobs/{id} with and without each, turn by turn in one run:
// `npx tsx bench/overhead.ts`.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { AUTHORIZATION, type BenchGateway, startGateway } from './support/gateway.ts';
import { type Load, load } from './support/load.ts';
import { median } from './support/median.ts';
import { withStage } from './support/stage.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const LIVES = 4;
const CONNECTIONS = 50;
const SAMPLED = '0.1';

interface Variant {
  readonly name: string;
  /** Whose CPU its own is held against. */
  readonly base: string | null;
  /** The most that it may cost above it, as a share. */
  readonly goal: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
}

/** Takes every span, as a collector does, and counts the exports. */
async function startCollector() {
  let exports = 0;
  const server = createServer((request, response) => {
    exports += 1;
    request.resume().once('end', () => response.writeHead(200).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports: () => exports,
    close: () => server.close(),
  };
}

interface Running {
  readonly gateway: BenchGateway;
  readonly path: string;
}

await withStage(async ({ built, upstream, add }) => {
  const collector = await startCollector();
  const variants: readonly Variant[] = [
    {
      name: 'without metrics',
      base: null,
      goal: 0,
      nodeOptions: ['--import', pathToFileURL(built.pathOf('bench/without-metrics.ts')).href],
    },
    { name: 'metrics', base: 'without metrics', goal: 0.05 },
    {
      name: `metrics and traces, ${SAMPLED} sampled`,
      base: 'metrics',
      goal: 0.1,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: SAMPLED,
      },
    },
  ];
  const more = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean);
  const start = async ({ env, nodeOptions = [] }: Variant): Promise<Running> => {
    const gateway = await add(
      startGateway(built, {
        upstream,
        logLevel: 'silent',
        nodeOptions: [...nodeOptions, ...more],
        ...(env && { env }),
      }),
    );
    const job = await gateway.buy('a paper boat');
    await gateway.settle(job, 'completed');
    return { gateway, path: `/jobs/${job}` };
  };
  const turn = ({ gateway, path }: Running, seconds: number) =>
    load(
      { child: gateway, url: `${gateway.url}${path}`, headers: { authorization: AUTHORIZATION } },
      seconds,
      CONNECTIONS,
    );
  const loads = variants.map((): Load[] => []);
  // Of two processes that run the same code one may be a tenth slower for all its life: each variant gets several.
  for (let life = 0; life < LIVES; life += 1) {
    const running: Running[] = [];
    for (const variant of variants) running.push(await start(variant));
    for (const one of running) await turn(one, 2);
    for (let round = 0; round < ROUNDS; round += 1) {
      // In another order each time: what comes first in a round has the cooler machine.
      for (const offset of running.keys()) {
        const index = (round + offset) % running.length;
        const one = running[index];
        if (one) loads[index]?.push(await turn(one, SECONDS));
      }
    }
    for (const { gateway } of running) await gateway.stop();
  }
  collector.close();
  if (collector.exports() === 0) throw new Error('no span was exported: traces were off');

  console.log('| GET /jobs/{id} | answers/s | CPU an answer | costs above | goal |\n|---|---|---|---|---|');
  for (const [index, { name, base, goal }] of variants.entries()) {
    const own = loads[index] ?? [];
    const before = loads[variants.findIndex((one) => one.name === base)];
    const ratios =
      before?.map((one, round) => (own[round]?.cpuMicros ?? Number.NaN) / one.cpuMicros - 1) ?? [];
    const cost = median(ratios);
    if (before && !(cost <= goal)) process.exitCode = 1;
    const cells = [
      name,
      Math.round(median(own.map(({ perSecond }) => perSecond))),
      `${median(own.map(({ cpuMicros }) => cpuMicros)).toFixed(1)} µs`,
      before ? `${(cost * 100).toFixed(1)} % of ${base}` : '',
      before ? `${goal * 100} %${cost <= goal ? '' : ' MISSED'}` : '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
});
