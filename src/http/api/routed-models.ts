// Names that stand where a model's would: the router picks the model, by what the name asks for.

import type { Routing } from '../../core/clip/clip-spec.ts';

export const ROUTED_MODELS = ['clipgate/auto', 'clipgate/fast', 'clipgate/cheap', 'clipgate/best'] as const;

/** The one thing asked for counts eight times as much as each of the others: they decide between equals. */
const PRIORITIES: Readonly<Record<(typeof ROUTED_MODELS)[number], NonNullable<Routing['priority']>>> = {
  'clipgate/auto': 'balanced',
  'clipgate/fast': { speed: 0.8, cost: 0.1, quality: 0.1 },
  'clipgate/cheap': { speed: 0.1, cost: 0.8, quality: 0.1 },
  'clipgate/best': { speed: 0.1, cost: 0.1, quality: 0.8 },
};

/** What such a name asks of the router; null where it is the name of a model. */
export const priorityOf = (model: string): NonNullable<Routing['priority']> | null =>
  ROUTED_MODELS.some((name) => name === model) ? PRIORITIES[model as (typeof ROUTED_MODELS)[number]] : null;
