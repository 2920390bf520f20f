// Candidates' bodies as patches: applied to the first one's, each is what it was.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyBodyPatch, createBodyPatch } from '../../../src/core/job/body-patch.ts';

const body = fc
  .dictionary(fc.constantFrom('prompt', 'seed', 'provider', 'duration', '__proto__x'), fc.jsonValue())
  .map((rest) => ({ ...rest, model: 'a/b' }));

it('makes every body of every other', () => {
  fc.assert(
    fc.property(body, body, fc.constantFrom('a/b', 'c/d'), (base, rest, model) => {
      const other = { ...rest, model };
      const patch = JSON.parse(JSON.stringify(createBodyPatch(base, other)));
      expect(applyBodyPatch(base, patch)).toEqual(JSON.parse(JSON.stringify(other)));
    }),
  );
});

it('holds nothing that both have', () => {
  const picture = { url: `data:image/png;base64,${'A'.repeat(1_000_000)}` };
  const base = { model: 'a/b', prompt: 'a fox', seed: 1, input_references: [picture] };
  const { seed: _, ...unseeded } = base;
  const other = { ...unseeded, model: 'c/d', input_references: [{ ...picture }] };
  expect(createBodyPatch(base, other)).toEqual({ set: { model: 'c/d' }, unset: ['seed'] });
});
