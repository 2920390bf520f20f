// A candidate's body as what differs from the first one's: the pictures they share are kept once.

import type { SubmitBody } from './job.ts';

/** Top-level members to set, and members to leave out. */
export interface BodyPatch {
  readonly set: Readonly<Record<string, unknown>>;
  readonly unset: readonly string[];
}

/** What makes `body` of `base`. Members that are the same object in both are not looked into. */
export function createBodyPatch(base: SubmitBody, body: SubmitBody): BodyPatch {
  const changed = Object.entries(body).filter(([name, value]) => !isSame(base[name], value));
  const unset = Object.keys(base).filter((name) => !Object.hasOwn(body, name));
  return { set: Object.fromEntries(changed), unset };
}

/** The body that `patch` was made of. */
export function applyBodyPatch(base: SubmitBody, { set, unset }: BodyPatch): SubmitBody {
  const kept = Object.entries(base).filter(([name]) => !unset.includes(name));
  return { model: base.model, ...Object.fromEntries(kept), ...set };
}

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
