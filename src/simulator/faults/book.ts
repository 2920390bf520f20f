// The active fault rules: each with a match, a count and a probability, drawn when it applies.
import type { RandomSource } from '../random.ts';
import { type Fault, type FaultsByStage, type Stage, stageOf } from './catalogue.ts';

/** A fault in waiting. */
export type FaultRule = {
  readonly id: number;
  readonly fault: Fault;
  /** How often it has struck. */
  struck: number;
};

/** What a request, or a job, is known by when faults are drawn for it. */
export type FaultContext = {
  readonly model?: string | undefined;
  readonly prompt?: string | undefined;
  readonly jobId?: string | undefined;
};

export type FaultBook = {
  /** A rule for every request to come. */
  add(fault: Fault): FaultRule;
  /** Rules that belong to one request or one job alone; `draw` takes them as `own`. */
  attach(faults: readonly Fault[]): FaultRule[];
  list(): readonly FaultRule[];
  /** False when there is no such rule. */
  remove(id: number): boolean;
  clear(): void;
  /** The faults that strike now, those of `own` first; each is counted as struck. `only` leaves others for later. */
  draw<S extends Stage>(
    stage: S,
    context: FaultContext,
    own?: readonly FaultRule[],
    only?: (fault: Fault) => boolean,
  ): FaultsByStage[S][];
};

export function createFaultBook(randomFor: RandomSource): FaultBook {
  const rules = new Map<number, FaultRule>();
  const random = randomFor('faults');
  let issued = 0;

  const createRule = (fault: Fault): FaultRule => {
    issued += 1;
    return { id: issued, fault, struck: 0 };
  };

  return {
    add(fault) {
      const rule = createRule(fault);
      rules.set(rule.id, rule);
      return rule;
    },
    attach: (faults) => faults.map(createRule),
    list: () => [...rules.values()],
    remove: (id) => rules.delete(id),
    clear: () => rules.clear(),
    draw<S extends Stage>(
      stage: S,
      context: FaultContext,
      own: readonly FaultRule[] = [],
      only: (fault: Fault) => boolean = () => true,
    ) {
      const due = [...own, ...rules.values()].filter(
        ({ fault, struck }) =>
          stageOf(fault) === stage &&
          only(fault) &&
          struck < (fault.count ?? Number.POSITIVE_INFINITY) &&
          matches(fault, context) &&
          (fault.probability === 1 || random() < fault.probability),
      );
      for (const rule of due) rule.struck += 1;
      // stageOf has just said so; the type cannot follow it.
      return due.map((rule) => rule.fault as FaultsByStage[S]);
    },
  };
}

function matches({ match }: Fault, context: FaultContext): boolean {
  return (
    (match?.model === undefined || match.model === context.model) &&
    (match?.job_id === undefined || match.job_id === context.jobId) &&
    (match?.prompt === undefined || (context.prompt ?? '').includes(match.prompt))
  );
}
