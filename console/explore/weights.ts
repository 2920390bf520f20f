// What counts how much: a profile, or four sliders that share one whole.

import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { h, html } from '../html.ts';
import { ChoiceField } from '../parts/form.ts';
import {
  moveWeight,
  PROFILES,
  type Profile,
  type Question,
  type WeightName,
  type Weights,
} from './question.ts';

interface WeightsFieldProps {
  readonly priority: Question['priority'];
  /** Those that the last answer was scored by; null = there is none yet. */
  readonly applied: Weights | null;
  readonly onChange: (priority: Question['priority']) => void;
}

const WORDS: Readonly<Record<Profile, string>> = {
  balanced: 'Balanced',
  fast_and_cheap: 'Fast and cheap',
  quality_and_cost: 'Quality and cost',
};

const EQUAL: Weights = { speed: 0.33, cost: 0.33, quality: 0.34, reliability: 0 };

/** Names of the weights with the colour of their part of a score. */
export const PARTS: readonly (readonly [name: WeightName, word: string, series: number])[] = [
  ['speed', 'Speed', 6],
  ['cost', 'Cost', 1],
  ['quality', 'Quality', 3],
  ['reliability', 'Reliability', 4],
];

export function WeightsField({ priority, applied, onChange }: WeightsFieldProps): VNode {
  const isOwn = typeof priority !== 'string';
  const shown = isOwn ? priority : (applied ?? EQUAL);
  return html`
    <fieldset class="weights">
      <legend class="visually-hidden">What counts</legend>
      ${h(ChoiceField, {
        label: 'What counts',
        value: isOwn ? 'own' : priority,
        choices: [...PROFILES.map((name) => [name, WORDS[name]] as const), ['own', 'Own weights']],
        onChange: (value) => onChange(PROFILES.find((name) => name === value) ?? shown),
      })}
      ${PARTS.map(([name, word, series]) => h(Slider, { key: name, word, series, value: shown[name], onMove: (to) => onChange(moveWeight(shown, name, to)) }))}
    </fieldset>
  `;
}

interface SliderProps {
  readonly word: string;
  readonly series: number;
  /** 0 to 1. */
  readonly value: number;
  readonly onMove: (value: number) => void;
}

function Slider({ word, series, value, onMove }: SliderProps): VNode {
  const id = useId();
  const percent = Math.round(value * 100);
  return html`
    <div class="slider">
      <label for=${id}><i class=${`swatch series-${series}`}></i>${word}</label>
      <input id=${id} type="range" min="0" max="100" value=${percent} aria-valuetext=${`${percent} percent`}
        onInput=${(event: Event) => onMove(Number((event.currentTarget as HTMLInputElement).value) / 100)} />
      <output class="number" for=${id}>${value.toFixed(2)}</output>
    </div>
  `;
}
