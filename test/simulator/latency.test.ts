// Time: the measured latencies, the clock that can be frozen and stepped, and the same run again from a seed.
import { expect, test } from 'vitest';
import { readCatalog } from '../../src/simulator/catalog.ts';
import { planClip } from '../../src/simulator/clip.ts';
import { createSimClock } from '../../src/simulator/clock.ts';
import { drawGenerationMs, drawSubmitMs } from '../../src/simulator/latency.ts';
import { createRandomSource } from '../../src/simulator/random.ts';

const catalog = readCatalog();
const randomFor = createRandomSource(1);

function draws(request: { model: string; duration: number; resolution: string; generate_audio?: boolean }) {
  const model = catalog.find(request.model)!;
  const clip = planClip(model, request);
  const seconds = Array.from(
    { length: 400 },
    (_, n) => drawGenerationMs(randomFor(`${request.model}/${n}`), model, clip, 0) / 1000,
  ).sort((a, b) => a - b);
  return { p5: seconds[20]!, p50: seconds[200]!, p95: seconds[380]! };
}

test.each([
  [{ model: 'x-ai/grok-imagine-video', duration: 1, resolution: '480p' }, 3, 6],
  [{ model: 'x-ai/grok-imagine-video', duration: 5, resolution: '720p' }, 38, 68],
  [{ model: 'google/veo-3.1-lite', duration: 4, resolution: '720p' }, 32, 52],
  [{ model: 'google/veo-3.1-fast', duration: 4, resolution: '720p' }, 58, 92],
  [{ model: 'google/veo-3.1-fast', duration: 4, resolution: '1080p' }, 100, 165],
  [{ model: 'bytedance/seedance-2.0-mini', duration: 4, resolution: '480p' }, 50, 78],
  [{ model: 'bytedance/seedance-2.0-fast', duration: 4, resolution: '720p' }, 110, 160],
])('%j stays between %i and %i s nine times in ten', (request, low, high) => {
  const { p5, p95 } = draws(request);
  expect(p5).toBeGreaterThan(low * 0.95);
  expect(p95).toBeLessThan(high * 1.05);
});

test('longer takes longer, and so does a crowd, up to double', () => {
  const model = catalog.find('alibaba/wan-3.0')!;
  const time = (duration: number, running: number) =>
    drawGenerationMs(randomFor('same'), model, planClip(model, { model: model.id, duration }), running);
  expect(time(30, 0)).toBeGreaterThan(time(5, 0));
  expect(time(5, 4)).toBeCloseTo(time(5, 0) * 1.4, -1);
  expect(time(5, 500)).toBe(time(5, 10));
});

test('a submit takes 2.4 to 3.6 s', () => {
  const times = Array.from({ length: 100 }, (_, n) => drawSubmitMs(randomFor(`${n}`)));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(2400);
  expect(Math.max(...times)).toBeLessThanOrEqual(3600);
});

test('a frozen clock moves only when stepped, and rings in order', () => {
  let source = 1000;
  const clock = createSimClock(() => source);
  clock.freeze();
  const rung: string[] = [];
  clock.after(20, () => rung.push('second'));
  clock.after(10, () => rung.push('first'));
  const cancel = clock.after(15, () => rung.push('cancelled'));
  cancel();
  source += 500;
  expect([clock.nowMs(), clock.sourceMs(), clock.frozen]).toEqual([1000, 1500, true]);
  clock.advance(9);
  expect(rung).toEqual([]);
  clock.advance(11);
  expect(rung).toEqual(['first', 'second']);
  clock.resume();
  expect(clock.nowMs()).toBe(1020);
  source += 5;
  expect(clock.nowMs()).toBe(1025);
});

test('a clock that was stopped rings no more', () => {
  const clock = createSimClock(() => 0);
  const rung: string[] = [];
  clock.after(1, () => rung.push('late'));
  clock.stop();
  clock.advance(10);
  expect(rung).toEqual([]);
});
