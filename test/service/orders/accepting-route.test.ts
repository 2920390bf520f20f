// A route passes over what is paused, says so, and stays as it is where everything or nothing is.

import { expect, it } from 'vitest';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { withoutPaused } from '../../../src/service/orders/accepting-route.ts';
import { octoberCatalog } from '../../support/catalogs.ts';

const SPEC = { prompt: 'a paper boat', duration: 5, resolution: '720p' };
const route = planRoute(octoberCatalog(), SPEC, {});
const [first, second, third] = route.candidates.map(({ model }) => model.id);
const without = (...paused: (string | undefined)[]) =>
  withoutPaused(route, SPEC, {}, (id) => paused.includes(id));

it('selects the best that is not paused, with its own body, and names what it passes over', () => {
  const chosen = without(first, second);
  expect(chosen.candidates[0]?.model.id).toBe(third);
  expect(chosen.submission?.body).toMatchObject({ ...SPEC, model: third });
  expect(chosen.why).toBe(`the best whose submissions are not paused; passed over: ${first}, ${second}`);
});

it('falls back to no model that is paused, and the first stays the choice', () => {
  const chosen = without(second);
  expect(chosen.candidates.map(({ model }) => model.id)).not.toContain(second);
  expect(chosen.candidates[0]?.model.id).toBe(first);
  expect(chosen.why).toBe(route.why);
});

it('stays as it is where nothing is paused, or everything', () => {
  expect(without()).toBe(route);
  expect(without(...route.candidates.map(({ model }) => model.id))).toBe(route);
});
