// What a route is planned with: the catalog, its history, what was learned of models, and the planner over them.

import { readQualityFile } from '../config/quality-file.ts';
import type { Config } from '../config/variables.ts';
import { type Knowledge, NOTHING_KNOWN } from '../core/learning/knowledge.ts';
import { renderRanking } from '../http/api/render.ts';
import type { createMediaProbe } from '../outbound/client-urls/media-probe.ts';
import { parseCatalog, restoreUnreadable } from '../outbound/openrouter/catalog-wire.ts';
import type { OpenRouter } from '../outbound/openrouter/openrouter.ts';
import { parseBenchmarks } from '../outbound/openrouter/wire.ts';
import { createBenchmarks } from '../service/catalog/benchmarks.ts';
import { createCatalogCache } from '../service/catalog/catalog-cache.ts';
import { createCatalogHistory } from '../service/catalog/catalog-history.ts';
import { createModelStats } from '../service/learning/model-stats.ts';
import { createPlanner } from '../service/planning/planner.ts';
import { createPreflight } from '../service/planning/preflight.ts';
import { createProviderTags } from '../service/planning/provider-tags.ts';
import type { Alarms } from '../service/runtime/alarms.ts';
import type { Log } from '../service/runtime/log.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import type { Lifecycle } from './lifecycle.ts';
import { CATALOG, PREFLIGHT, STOP_MS, TAGS } from './timeouts.ts';

export interface CatalogContext {
  readonly config: Config;
  readonly store: JobStore;
  readonly upstream: OpenRouter;
  readonly mediaProbe: ReturnType<typeof createMediaProbe>;
  readonly clock: () => number;
  readonly random: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

/** @throws ConfigError where QUALITY_FILE cannot be used. */
export async function createCatalogParts(context: CatalogContext) {
  const { config, store, upstream, clock, random, alarms, log, lifecycle } = context;
  const qualities =
    config.QUALITY_FILE === undefined ? NOTHING_KNOWN.qualities : await readQualityFile(config.QUALITY_FILE);

  const history = createCatalogHistory({ store, parse: parseCatalog });
  const catalog = createCatalogCache(
    {
      load: () => upstream.fetchCatalog(),
      parse: parseCatalog,
      restore: restoreUnreadable,
      store,
      history,
      clock,
      random,
      alarms,
      log,
    },
    { maxAgeMs: config.CATALOG_MAX_AGE_S * 1000, ...CATALOG },
  );
  const modelStats = createModelStats({ store, clock, log });
  const benchmarks = createBenchmarks({
    load: upstream.fetchBenchmarks,
    parse: parseBenchmarks,
    store,
    clock,
    random,
    log,
  });
  const knowledge = (clientId: string | null): Knowledge => ({
    models: modelStats.knowledge(clientId),
    benchmarks: benchmarks.peek()?.value ?? NOTHING_KNOWN.benchmarks,
    qualities,
  });
  const tags = createProviderTags(
    { load: (modelId) => upstream.fetchEndpointTags(modelId, TAGS.timeoutMs), clock, log },
    TAGS,
  );
  const planner = createPlanner({
    catalog,
    tags,
    preflight: createPreflight(context.mediaProbe, { ...PREFLIGHT, mode: config.PREFLIGHT }),
    knowledge,
    writeRanking: (ranking) => JSON.stringify(renderRanking(ranking)),
  });

  const runs = { phase: 'work', stopMs: STOP_MS } as const;
  lifecycle.add('catalog', { ...runs, start: () => catalog.start(), stop: () => catalog.stop() });
  lifecycle.add('model stats', { ...runs, start: () => modelStats.start(), stop: () => modelStats.stop() });
  lifecycle.add('benchmarks', {
    ...runs,
    // The arena answers only requests with a key.
    ...(upstream.canSubmit ? { start: () => benchmarks.start() } : {}),
    stop: () => benchmarks.stop(),
  });
  return { history, catalog, modelStats, planner, knowledge };
}
