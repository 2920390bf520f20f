// The question of the route explorer: the same in an address, in a form and in the body of a request.

import { describe, expect, it } from 'vitest';
import {
  applyChange,
  canApply,
  describeChange,
  FIRST_QUESTION,
  moveWeight,
  NO_FRAMES,
  type Question,
  readQuestion,
  toBody,
  toQuery,
} from '../../console/explore/question.ts';
import { listOverBudget, roundUp, scaleOf } from '../../console/explore/scale.ts';
import { toCurl, toMcp, toTypeScript } from '../../console/snippets.ts';

const addressOf = (question: Question) =>
  new URLSearchParams(
    Object.entries(toQuery(question)).filter((pair): pair is [string, string] => !!pair[1]),
  );

describe('a question', () => {
  it('is the same after a stay in an address', () => {
    const questions: Question[] = [
      FIRST_QUESTION,
      {
        ...FIRST_QUESTION,
        prompt: 'a fox & a hare',
        duration: '',
        generate_audio: 'false',
        max_cost_usd: '0.5',
      },
      { ...FIRST_QUESTION, priority: { speed: 0.5, cost: 0.25, quality: 0.25, reliability: 0 } },
      { ...FIRST_QUESTION, priority: 'fast_and_cheap', size: '1280x720', resolution: '', aspect_ratio: '' },
    ];
    for (const question of questions) expect(readQuestion(addressOf(question))).toEqual(question);
  });

  it('is the first one where an address asks nothing, and has no weights that are none', () => {
    expect(readQuestion(new URLSearchParams('x=1'))).toEqual(FIRST_QUESTION);
    for (const text of ['0,0,0', 'a,b,c', '-1,1,1', '1,1', '', 'nothing'])
      expect(readQuestion(new URLSearchParams({ priority: text })).priority).toBe('balanced');
  });

  it('is sent with what is said alone, numbers as numbers, and what is no number as it was typed', () => {
    expect(toBody(FIRST_QUESTION, NO_FRAMES)).toEqual({
      prompt: 'a clip',
      duration: 5,
      resolution: '720p',
      aspect_ratio: '16:9',
      priority: 'balanced',
    });
    const asked = {
      ...FIRST_QUESTION,
      prompt: ' a fox ',
      duration: '5s',
      seed: '0',
      generate_audio: 'false',
    };
    expect(toBody(asked, { ...NO_FRAMES, last_frame: 'data:image/png;base64,AA' })).toMatchObject({
      prompt: 'a fox',
      duration: '5s',
      seed: 0,
      generate_audio: false,
      frame_images: [{ frame_type: 'last_frame', image_url: { url: 'data:image/png;base64,AA' } }],
    });
  });

  it('takes the changes that the gateway suggests', () => {
    const frames = { first_frame: 'data:image/png;base64,AA', last_frame: null };
    const changed = applyChange(FIRST_QUESTION, frames, {
      duration: 6,
      aspect_ratio: null,
      frame_images: null,
    });
    expect(changed.question).toEqual({ ...FIRST_QUESTION, duration: '6', aspect_ratio: '' });
    expect(changed.frames).toEqual(NO_FRAMES);
    expect(canApply({ duration: 6, generate_audio: false, max_cost_usd: 0.3 })).toBe(true);
    expect(canApply({ provider: null })).toBe(false);
    expect(canApply({ frame_images: [] })).toBe(false);
    expect(describeChange({ duration: 6, generate_audio: false })).toBe('6 s, without sound');
    expect(describeChange({ resolution: '1080p', max_cost_usd: 0.5 })).toBe('1080p, budget $0.5');
    expect(describeChange({ seed: null, aspect_ratio: '9:16' })).toBe('without seed, aspect ratio 9:16');
  });
});

describe('weights', () => {
  const sum = (weights: object) =>
    Object.values(weights).reduce((total: number, one: number) => total + one, 0);

  it('keep a sum of one wherever one is moved, and the others their proportion', () => {
    let weights = { speed: 0.33, cost: 0.33, quality: 0.34, reliability: 0 };
    for (const [name, to] of [
      ['cost', 0.8],
      ['speed', 0],
      ['reliability', 0.5],
      ['quality', 1],
      ['cost', 0.3],
      ['speed', 1.7],
    ] as const) {
      weights = moveWeight(weights, name, to);
      expect(sum(weights)).toBeCloseTo(1, 10);
      expect(weights[name]).toBe(Math.min(to, 1));
      for (const value of Object.values(weights)) expect(value).toBeGreaterThanOrEqual(0);
    }
    const moved = moveWeight({ speed: 0.2, cost: 0.6, quality: 0.2, reliability: 0 }, 'quality', 0.6);
    expect(moved).toEqual({ speed: 0.1, cost: 0.3, quality: 0.6, reliability: 0 });
  });
});

describe('the scale of dollars', () => {
  it('ends at a round number that nothing is beyond', () => {
    expect([0.1166, 0.31, 0.999, 1, 1.04, 23, 0].map(roundUp)).toEqual([0.15, 0.4, 1, 1, 1.5, 30, 1]);
  });

  const rejected = (model: string, ...reasons: { code: string; supported: unknown[] | null }[]) => ({
    model,
    reasons: reasons.map((reason) => ({ field: 'x', requested: 1, ...reason })),
  });

  it('shows the budget, and what it alone keeps out', () => {
    const over = { code: 'over_budget', supported: [2.25] };
    const beyond = listOverBudget([
      rejected('a/dear', over),
      rejected('a/cheap', { code: 'over_budget', supported: [0.6] }),
      rejected('a/short', { code: 'unsupported_duration', supported: [4] }),
      rejected('a/both', over, { code: 'too_slow', supported: [70] }),
    ]);
    expect(beyond).toEqual([
      { model: 'a/cheap', ceilingUsd: 0.6 },
      { model: 'a/dear', ceilingUsd: 2.25 },
    ]);
    expect(scaleOf([], beyond, 0.5)).toBe(3);
    expect(scaleOf([], [], 0.5)).toBe(0.5);
  });
});

it('is written as a command and as a program, with quotes that hold and without pictures', () => {
  const body = toBody(
    { ...FIRST_QUESTION, prompt: "a fox's tail" },
    { first_frame: `data:image/png;base64,${'A'.repeat(100)}`, last_frame: null },
  );
  const snippet = { origin: 'https://clips.example', path: '/route', body };
  const command = toCurl(snippet);
  expect(command).toContain(String.raw`"a fox'\''s tail"`);
  expect(command).toContain('data:image/png;base64,..."');
  expect(command).not.toContain('AAAA');
  expect(toTypeScript(snippet, ['selected'])).toContain("fetch('https://clips.example/route'");
  expect(toCurl({ ...snippet, headers: { 'idempotency-key': 'k' } })).toContain("-H 'idempotency-key: k'");
  const call = toMcp('https://clips.example', 'quote_clip', { prompt: 'a fox' });
  expect(call).toContain('https://clips.example/mcp');
  expect(call).toContain('"name": "quote_clip"');
});
