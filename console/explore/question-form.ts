// The form of the explorer: each field as it is sent, and nothing that is not said.

import type { VNode } from 'preact';
import { h, html } from '../html.ts';
import { ChoiceField, TextField } from '../parts/form.ts';
import type { ApiProblem } from '../problem.ts';
import { FrameField } from './frame-field.ts';
import type { Frames, Question, Weights } from './question.ts';
import { WeightsField } from './weights.ts';

interface QuestionFormProps {
  readonly question: Question;
  readonly frames: Frames;
  /** What was wrong with the last one. */
  readonly problem: ApiProblem | null;
  readonly appliedWeights: Weights | null;
  readonly onChange: (question: Question, frames: Frames) => void;
}

const RESOLUTIONS = ['480p', '720p', '1080p', '2K', '4K'];
const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9'];

export function QuestionForm({
  question,
  frames,
  problem,
  appliedWeights,
  onChange,
}: QuestionFormProps): VNode {
  const set = (name: keyof Question) => (value: string) => onChange({ ...question, [name]: value }, frames);
  const errorOf = (name: string): string | null =>
    problem?.body?.errors?.find(({ pointer }) => pointer === `/${name}`)?.message ?? null;
  const text = (name: Exclude<keyof Question, 'priority'>) => ({
    value: question[name],
    onInput: set(name),
    error: errorOf(name),
    name,
  });
  return html`
    <form class="question" onSubmit=${(event: Event) => event.preventDefault()} aria-label="The clip">
      ${h(TextField, { label: 'Prompt', lines: 3, ...text('prompt'), hint: 'What the clip shows. It changes no price; to buy, say it.' })}
      <div class="fields">
        ${h(TextField, { label: 'Seconds', type: 'number', min: 1, ...text('duration') })}
        ${h(TextField, { label: 'Resolution', suggestions: RESOLUTIONS, ...text('resolution') })}
        ${h(TextField, { label: 'Aspect ratio', suggestions: RATIOS, ...text('aspect_ratio') })}
        ${h(ChoiceField, {
          label: 'Sound',
          value: question.generate_audio,
          choices: [
            ['', 'as it comes'],
            ['true', 'with sound'],
            ['false', 'without'],
          ],
          onChange: set('generate_audio'),
        })}
        ${h(FrameField, { label: 'First frame', url: frames.first_frame, onChange: (url) => onChange(question, { ...frames, first_frame: url }) })}
        ${h(FrameField, { label: 'Last frame', url: frames.last_frame, onChange: (url) => onChange(question, { ...frames, last_frame: url }) })}
        ${h(TextField, { label: 'Budget, $', type: 'number', min: 0, step: 0.01, ...text('max_cost_usd') })}
        ${h(TextField, { label: 'Deadline, s', type: 'number', min: 1, ...text('max_wait_s') })}
        ${h(TextField, { label: 'Size', placeholder: '1280x720', ...text('size') })}
        ${h(TextField, { label: 'Seed', type: 'number', ...text('seed') })}
      </div>
      ${h(WeightsField, { priority: question.priority, applied: appliedWeights, onChange: (priority) => onChange({ ...question, priority }, frames) })}
    </form>
  `;
}
