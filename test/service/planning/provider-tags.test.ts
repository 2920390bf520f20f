// Upstream is asked about a model once in a while and by one caller; what it says changes plans, its silence nothing.

import { describe, expect, it } from 'vitest';
import type { ClipSpec } from '../../../src/core/clip/clip-spec.ts';
import { slugsOf } from '../../../src/core/clip/provider-options.ts';
import { createOpenRouter } from '../../../src/outbound/openrouter/openrouter.ts';
import { createPlanner } from '../../../src/service/planning/planner.ts';
import { createProviderTags } from '../../../src/service/planning/provider-tags.ts';
import { modelOf, octoberCatalog } from '../../support/catalogs.ts';
import { httpAnswer, startRawServer } from '../../support/raw-server.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const HOUR = 3_600_000;
const AGES = { maxAgeMs: 6 * HOUR, retryMs: HOUR };
const KLING = 'kwaivgi/kling-v3.0-pro';
const VEO = 'google/veo-3.1';
const view = { catalog: octoberCatalog(), ageS: 0, stale: false };

function setUp(answer: (modelId: string) => Promise<readonly string[]>) {
  let now = 1_000_000;
  const asked: string[] = [];
  const log = createRecordedLog();
  const load = (modelId: string) => {
    asked.push(modelId);
    return answer(modelId);
  };
  const tags = createProviderTags({ load, clock: () => now, log }, AGES);
  return {
    tags,
    asked,
    log,
    pass: (ms: number) => {
      now += ms;
    },
    slugs: (id: string) => slugsOf(modelOf(tags.annotate(view).catalog, id)),
  };
}

describe('provider tags', () => {
  it('asks nobody until told to, and then for that model alone', async () => {
    const t = setUp(async () => ['kling']);
    expect(t.tags.annotate(view)).toBe(view);
    expect(await t.tags.learn(KLING)).toBe(true);
    expect(t.asked).toEqual([KLING]);
    expect([t.slugs(KLING), t.slugs(VEO)]).toEqual([['kling'], ['google-vertex']]);
  });

  it('leaves the view as it is where upstream says what is known', async () => {
    const t = setUp(async () => ['google-vertex']);
    expect(await t.tags.learn(VEO)).toBe(false);
    expect(t.tags.annotate(view)).toBe(view);
  });

  it('annotates a catalog once, however often it is asked for', async () => {
    const t = setUp(async () => ['kling']);
    await t.tags.learn(KLING);
    expect(t.tags.annotate(view).catalog).toBe(t.tags.annotate(view).catalog);
    expect(t.tags.annotate({ ...view, catalog: octoberCatalog() }).catalog).not.toBe(
      t.tags.annotate(view).catalog,
    );
  });

  it('asks once for callers who come together, and not again while the answer is fresh', async () => {
    const t = setUp(async () => ['kling']);
    expect(await Promise.all([t.tags.learn(KLING), t.tags.learn(KLING)])).toEqual([true, true]);
    t.pass(AGES.maxAgeMs - 1);
    expect(await t.tags.learn(KLING)).toBe(false);
    expect(t.asked).toHaveLength(1);
  });

  it('asks anew when the answer is old, keeping nobody waiting', async () => {
    let answerAgain: (tags: string[]) => void = () => undefined;
    const again = new Promise<string[]>((resolve) => {
      answerAgain = resolve;
    });
    const answers = [Promise.resolve(['kling']), again];
    const t = setUp(() => answers.shift() ?? Promise.reject(new Error('asked too often')));
    await t.tags.learn(KLING);
    t.pass(AGES.maxAgeMs + 1);
    expect(await t.tags.learn(KLING)).toBe(false);
    expect(t.slugs(KLING)).toEqual(['kling']);
    answerAgain(['elsewhere']);
    await expect.poll(() => t.slugs(KLING)).toEqual(['elsewhere']);
  });

  it('keeps what it knew where there is no answer, says so, and lets an hour pass', async () => {
    const t = setUp(() => Promise.reject(new Error('upstream is down')));
    expect(await t.tags.learn(KLING)).toBe(false);
    expect(await t.tags.learn(KLING)).toBe(false);
    expect([t.slugs(KLING), t.asked.length, t.log.lines.length]).toEqual([['atlas-cloud'], 1, 1]);
    t.pass(AGES.retryMs + 1);
    await t.tags.learn(KLING);
    await expect.poll(() => t.asked.length).toBe(2);
  });

  it('reads tags and nothing else of the answer, whatever stands beside them', async () => {
    const endpoints = [{ tag: 'kling/cn', pricing: { prompt: '0' } }, { tag: 7 }, 'x', { name: 'no tag' }];
    const server = await startRawServer((socket, request) => {
      const path = request.split(' ')[1];
      const body = path?.startsWith('/models/kwaivgi/kling') ? { data: { endpoints } } : { data: [] };
      socket.end(httpAnswer(200, JSON.stringify(body)));
    });
    const upstream = createOpenRouter(
      {
        baseUrl: `http://127.0.0.1:${server.port}`,
        apiKey: () => undefined,
        userAgent: 'clipgate/test',
        now: Date.now,
      },
      { connectMs: 1_000, submitMs: 1_000, readMs: 1_000, stallMs: 1_000 },
    );
    expect(await upstream.fetchEndpointTags(KLING, 1_000)).toEqual(['kling/cn']);
    await expect(upstream.fetchEndpointTags('a/b?c', 1_000)).rejects.toMatchObject({ failure: 'unreadable' });
    expect(server.received[1]).toContain('GET /models/a/b%3Fc/endpoints ');
    await upstream.close();
    await server.close();
  });
});

describe('the planner', () => {
  const options = { kling: { negative_prompt: 'rain' } };
  const clip: ClipSpec = { prompt: 'x', duration: 5, provider: { options } };

  function plannerOver(answer: (modelId: string) => Promise<readonly string[]>) {
    const t = setUp(answer);
    const checked: ClipSpec[] = [];
    const planner = createPlanner({
      catalog: { get: async () => view },
      tags: t.tags,
      preflight: {
        check: async (spec) => {
          checked.push(spec);
          return { videoReferenceSeconds: null };
        },
      },
      writeRanking: () => '{}',
    });
    return { ...t, planner, checked };
  }

  it('plans again with what it has learned: no warning where upstream takes the slug', async () => {
    const t = plannerOver(async () => ['kling']);
    const { plan } = await t.planner.planJob(KLING, clip, {});
    expect(plan).toMatchObject({ kind: 'planned', submission: { warnings: [] } });
    expect(t.asked).toEqual([KLING]);
  });

  it('warns by what is known where upstream does not answer', async () => {
    const t = plannerOver(() => Promise.reject(new Error('upstream is down')));
    const { plan } = await t.planner.planJob(KLING, clip, {});
    expect(plan).toMatchObject({
      kind: 'planned',
      submission: { warnings: [{ code: 'dropped_by_upstream', field: 'provider.options.kling' }] },
    });
  });

  it('admits a model refused for options that are another’s once it is known to be served there', async () => {
    const t = plannerOver(async () => ['kling']);
    const both = { ...clip, provider: { options: { ...options, 'atlas-cloud': { nope: 1 } } } };
    expect((await t.planner.planJob(KLING, both, {})).plan.kind).toBe('planned');
  });

  it('asks only about the model that would be sent options, and only where there are any', async () => {
    const t = plannerOver(async () => []);
    const { route } = await t.planner.planRoute(clip, {});
    expect(t.asked).toEqual([route.submission?.body.model]);
    await t.planner.planRoute({ prompt: 'x', duration: 5 }, {});
    expect(t.asked).toHaveLength(1);
  });

  it('leaves the media of a clip that nobody can make alone', async () => {
    const t = plannerOver(async () => []);
    await t.planner.planRoute({ prompt: 'x', duration: 999 }, { preflight: true });
    await t.planner.planJob(KLING, { prompt: 'x', duration: 999 }, { preflight: true });
    await t.planner.planJob('no/such', clip, { preflight: true });
    expect(t.checked).toEqual([]);
    await t.planner.planJob(KLING, clip, { preflight: true });
    expect(t.checked).toEqual([clip]);
  });
});
