// Times `planRoute` in a process of its own and sends what it found. Arguments: catalog file, modalities file.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type Catalog, indexCatalog } from '../src/core/catalog.ts';
import { planRoute } from '../src/core/route.ts';
import { parseModels } from '../src/upstream/wire.ts';
import { ASSORTED, type BenchClip, CLIPS } from './support/clips.ts';
import { median } from './support/median.ts';

const COPIES = 100;
const BATCHES = 11;
const BATCH_MS = 150;

const [catalogFile = '', modalitiesFile = ''] = process.argv.slice(2);
const { data } = JSON.parse(readFileSync(catalogFile, 'utf8')) as { data: { id: string }[] };
const inputs = Object.entries(JSON.parse(readFileSync(modalitiesFile, 'utf8')) as Record<string, string[]>);

/** The recorded catalog so many times over, every model parsed for itself and under an id of its own. */
function catalogOf(copies: number): Catalog {
  const suffixes = Array.from({ length: copies }, (_, copy) => (copy === 0 ? '' : `-${copy}`));
  const models = suffixes.flatMap((suffix) => data.map((model) => ({ ...model, id: model.id + suffix })));
  const modalities = new Map(
    suffixes.flatMap((suffix) => inputs.map(([id, kinds]) => [id + suffix, kinds] as const)),
  );
  const parsed = parseModels({ data: models }, modalities);
  if (parsed?.models.length !== copies * data.length) throw new Error('the catalog cannot be read');
  return indexCatalog(parsed.models, { fetchedAt: 0, dropped: 0 });
}

/** Milliseconds of CPU per call, one figure a batch; the first batch warms up and is left out. */
function time(catalog: Catalog, clips: readonly BenchClip[]): number[] {
  const batches: number[] = [];
  for (let batch = 0, next = 0; batch < BATCHES; batch++) {
    const start = process.cpuUsage();
    const until = performance.now() + BATCH_MS;
    let calls = 0;
    for (; performance.now() < until; calls++, next++) {
      const clip = clips[next % clips.length];
      // A spec of its own every time, as every request brings one.
      if (clip) planRoute(catalog, { ...clip.spec }, clip.routing);
    }
    const { user, system } = process.cpuUsage(start);
    batches.push((user + system) / 1000 / calls);
  }
  return batches.slice(1);
}

const small = catalogOf(1);
const large = catalogOf(COPIES);
const timings = [...Object.values(CLIPS).map((clip) => ({ name: clip.name, clips: [clip] })), ASSORTED].map(
  ({ name, clips }) => {
    const plans = clips.map(({ spec, routing }: BenchClip) => planRoute(small, spec, routing));
    return {
      name,
      candidates: median(plans.map((plan) => plan.candidates.length)),
      nearest: median(plans.map((plan) => plan.nearest.length)),
      small: time(small, clips),
      large: time(large, clips),
    };
  },
);
process.send?.(timings, () => process.exit(0));
