// The demo, step by step: what a newcomer sees of a clip on its way through the gateway.

import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import createClient from 'openapi-fetch';
import type { components, paths } from '../openapi/clipgate.d.ts';
import { need, usd } from './answers.ts';
import { readClipFacts } from './clip-facts.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

type Schemas = components['schemas'];
type Job = Schemas['Job'];

const CLIP = {
  prompt: 'A paper boat sails down a rainy street at dusk',
  duration: 5,
  resolution: '720p',
  aspect_ratio: '9:16',
  generate_audio: true,
  priority: 'fast_and_cheap',
  max_cost_usd: 0.75,
} satisfies Schemas['RouteRequest'];

const SHOWN = 6;
const ENDED = new Set(['completed', 'failed', 'cancelled', 'expired', 'rejected', 'submission_unknown']);
const REFRESH_MS = 150;

/** Tells the whole story against a stage that is up. @returns the file that was saved. */
export async function tellStory(stage: Stage, screen: Screen, folder: string, signal: AbortSignal) {
  const api = createClient<paths>({ baseUrl: stage.url, signal });

  screen.step('The catalog');
  const models = need(await api.GET('/models'));
  const authors = new Set(models.data.map((model) => model.id.split('/')[0]));
  screen.say(
    `${models.catalog.models} video models of ${authors.size} makers, read from ${stage.upstreamUrl} (a simulated OpenRouter).`,
  );

  screen.step('A clip, and the models that can make it');
  screen.say(`"${CLIP.prompt}"`);
  screen.say(
    `${CLIP.duration} s, ${CLIP.resolution}, ${CLIP.aspect_ratio}, with sound, fast and cheap, at most ${usd(CLIP.max_cost_usd)}`,
  );
  screen.say();
  const route = need(await api.POST('/route', { body: CLIP }));
  showCandidates(screen, route);

  screen.step('The models that cannot, and why');
  showRejected(screen, route);

  screen.step('The choice');
  showChoice(screen, route);

  screen.step('The job');
  const made = need(
    await api.POST('/jobs', { body: CLIP, headers: { 'idempotency-key': `demo-${Date.now()}` } }),
  );
  screen.say(`${screen.bold(made.id)}, bought once from ${made.model}`);
  const job = await follow(made, async () =>
    need(await api.GET('/jobs/{id}', { params: { path: { id: made.id } } })),
  );
  if (job.status !== 'completed')
    throw new Error(`the job ended as ${job.status}: ${job.error?.message ?? ''}`);

  screen.step('The bill');
  const { estimated_usd: estimated, actual_usd: actual } = job.cost;
  screen.say(`estimated ${usd(estimated)}, billed ${screen.bold(usd(actual))}${drift(estimated, actual)}`);
  screen.say(`paid jobs in the simulator's ledger: ${stage.purchases()}`);

  screen.step('The clip');
  const { data: body } = await api.GET('/jobs/{id}/content', {
    params: { path: { id: job.id } },
    parseAs: 'stream',
  });
  if (!body) throw new Error('the clip could not be fetched');
  const file = join(folder, `${job.id}.mp4`);
  await mkdir(folder, { recursive: true });
  const target = createWriteStream(file);
  await pipeline(Readable.fromWeb(body), target, { signal });
  const facts = await readClipFacts(file);
  screen.say(screen.green(relative(process.cwd(), file)));
  screen.say(
    `${(target.bytesWritten / 1024).toFixed(0)} kB, ${facts.durationS} s, ${facts.width} x ${facts.height} pixels, ` +
      `${facts.codec}, ${facts.hasSound ? 'with sound' : 'no sound track: the simulator makes silent clips'}`,
  );

  async function follow(first: Job, read: () => Promise<Job>): Promise<Job> {
    const startedAt = Date.now();
    const expectedS = route.candidates.find(({ model }) => model === first.model)?.expected_s.p50 ?? 0;
    for (let current = first; ; current = await read()) {
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      screen.progress(
        current.status,
        `${current.status.padEnd(12)} ${seconds.padStart(5)} s ${screen.dim(`(live: about ${expectedS} s)`)}`,
      );
      if (ENDED.has(current.status)) {
        screen.settle();
        return current;
      }
      await pause(REFRESH_MS, undefined, { signal });
    }
  }
}

function showCandidates(screen: Screen, { candidates }: Schemas['RouteResult']): void {
  const rows = candidates
    .slice(0, SHOWN)
    .map(({ rank, model, score, scores, estimate, expected_s: { p50 } }) => [
      `${rank}`,
      model,
      score.toFixed(3),
      scores.speed.toFixed(2),
      scores.cost.toFixed(2),
      scores.quality.toFixed(2),
      usd(estimate.usd),
      `${p50} s`,
    ]);
  screen.table([['#', 'model', 'score', 'speed', 'cost', 'quality', 'this clip', 'expected'], ...rows]);
  const more = candidates.length - rows.length;
  if (more > 0) screen.say(screen.dim(`and ${more} more`));
}

function showRejected(screen: Screen, { rejected, nearest }: Schemas['RouteResult']): void {
  // The models with a single reason first: those are the near misses.
  const sorted = [...rejected].sort((a, b) => a.reasons.length - b.reasons.length);
  const width = Math.max(...sorted.slice(0, SHOWN).map(({ model }) => model.length));
  for (const { model, reasons } of sorted.slice(0, SHOWN)) {
    const [first, ...others] = reasons;
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    screen.say(`${model.padEnd(width)}  ${first ? tell(first) : ''}${more}`);
  }
  const more = rejected.length - SHOWN;
  if (more > 0) screen.say(screen.dim(`and ${more} more`));
  const [change] = nearest;
  if (change) {
    const fields = Object.entries(change.change).map(([field, value]) => `${field} ${JSON.stringify(value)}`);
    screen.say(`With ${fields.join(' and ')}: ${change.admits.join(', ')}`);
  }
}

function tell({ code, field, requested, supported }: Schemas['Reason']): string {
  const wish = `${field} ${requested === null ? '' : String(requested)}`.trim();
  if (code === 'over_budget') return `over the budget: this clip costs up to ${usd(Number(supported?.[0]))}`;
  return supported && supported.length > 0
    ? `${wish}: it has ${supported.join(', ')}`
    : `${wish}: not on this model`;
}

function showChoice(screen: Screen, { selected, why, candidates }: Schemas['RouteResult']): void {
  const [best, next] = candidates;
  if (!best) return;
  screen.say(
    `${screen.green(selected)} for ${usd(best.estimate.usd)}, ready in about ${best.expected_s.p50} s`,
  );
  screen.say(`${why}.`);
  if (next) screen.say(`Its score of ${best.score} is ahead of ${next.model} with ${next.score}.`);
  for (const { quantity, unit, unit_usd, usd: price } of best.estimate.lines) {
    const units = `${unit.replaceAll('_', ' ')}${quantity === 1 ? '' : 's'}`;
    screen.say(
      screen.dim(`${quantity} ${units} x $${unit_usd} = ${usd(price)} (${best.estimate.certainty})`),
    );
  }
}

function drift(estimated: number | null, actual: number | null): string {
  if (!estimated || actual === null) return '';
  const share = Math.abs(actual - estimated) / estimated;
  return share < 0.00005 ? ', exactly as estimated' : `, off by ${(share * 100).toFixed(2)} %`;
}
