// Fields of forms: a label for each, what is wrong with it beside it, and what was typed left alone.

import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import { h, html } from '../html.ts';

interface FieldProps {
  readonly label: string;
  /** Stands below; what a value means, or where it comes from. */
  readonly hint?: ComponentChildren;
  /** What is wrong with the value. */
  readonly error?: string | null;
}

interface LabelledProps extends FieldProps {
  readonly id: string;
  readonly children: ComponentChildren;
}

const Labelled = ({ id, label, hint, error, children }: LabelledProps): VNode => html`
  <div class="field">
    <label for=${id}>${label}</label>
    ${children}
    ${error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`}
    ${hint && !error && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>
`;

const describedBy = (id: string, { hint, error }: FieldProps) =>
  error ? `${id}-error` : hint ? `${id}-hint` : undefined;

interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'number' | 'password';
  readonly placeholder?: string;
  readonly name?: string;
  readonly autocomplete?: string;
  readonly min?: number;
  readonly step?: number;
  /** More than one makes it a field of several lines. */
  readonly lines?: number;
  /** Values to choose from, or another. */
  readonly suggestions?: readonly string[];
  readonly isRequired?: boolean;
}

export function TextField(props: TextFieldProps): VNode {
  const { value, onInput, type = 'text', lines = 1, suggestions = [], isRequired = false, error } = props;
  const id = useId();
  const input = (event: InputEvent) =>
    onInput((event.currentTarget as HTMLInputElement | HTMLTextAreaElement).value);
  const shared = {
    id,
    value,
    name: props.name,
    placeholder: props.placeholder,
    required: isRequired,
    'aria-invalid': error ? 'true' : undefined,
    'aria-describedby': describedBy(id, props),
    onInput: input,
  };
  const list = suggestions.length > 0 ? `${id}-list` : undefined;
  const control =
    lines > 1
      ? html`<textarea ...${shared} rows=${lines}></textarea>`
      : html`<input ...${shared} type=${type} list=${list} min=${props.min} step=${props.step}
          autocomplete=${props.autocomplete ?? 'off'} spellcheck=${false} />`;
  return h(Labelled, {
    ...props,
    id,
    children: html`
      ${control}
      ${list && html`<datalist id=${list}>${suggestions.map((one) => html`<option key=${one} value=${one} />`)}</datalist>`}
    `,
  });
}

interface ChoiceFieldProps extends FieldProps {
  readonly value: string;
  /** Value and word of each choice. */
  readonly choices: readonly (readonly [value: string, word: string])[];
  readonly onChange: (value: string) => void;
}

export function ChoiceField(props: ChoiceFieldProps): VNode {
  const { value, choices, onChange, error } = props;
  const id = useId();
  return h(Labelled, {
    ...props,
    id,
    children: html`
      <select id=${id} value=${value} aria-invalid=${error ? 'true' : undefined} aria-describedby=${describedBy(id, props)}
        onChange=${(event: Event) => onChange((event.currentTarget as HTMLSelectElement).value)}>
        ${choices.map(([choice, word]) => html`<option key=${choice} value=${choice}>${word}</option>`)}
      </select>
    `,
  });
}
