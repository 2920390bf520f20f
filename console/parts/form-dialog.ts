// A form in a dialog: its fields, what went wrong with sending it, and a second question where there is one to ask.

import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h, html } from '../html.ts';
import { ApiProblem } from '../problem.ts';
import { Dialog } from './dialog.ts';
import { ChoiceField, TextField } from './form.ts';
import { ProblemBox } from './problem-box.ts';

export type Answers = Readonly<Record<string, string>>;

export interface Input {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: 'text' | 'number';
  /** What stands in it first. */
  readonly initial?: string;
  readonly choices?: readonly (readonly [value: string, word: string])[];
  readonly suggestions?: readonly string[];
  readonly isRequired?: boolean;
  /** Asked only where this is true of what was answered so far. */
  readonly isAsked?: (answers: Answers) => boolean;
}

interface FormDialogProps {
  readonly title: string;
  /** What sending it does, in one sentence. */
  readonly effect: ComponentChildren;
  /** On the button. */
  readonly word: string;
  readonly inputs?: readonly Input[];
  readonly isDangerous?: boolean;
  /** The second question; null = there is none to ask. It names the sum where money moves. */
  readonly confirm?: (answers: Answers) => string | null;
  readonly onClose: () => void;
  /** @throws ApiProblem, which is shown, and what was entered stays. */
  readonly onSubmit: (answers: Answers) => Promise<void>;
}

export function FormDialog(props: FormDialogProps): VNode {
  const { title, effect, word, inputs = [], isDangerous = false, confirm, onClose, onSubmit } = props;
  const [answers, setAnswers] = useState<Answers>(() =>
    Object.fromEntries(
      inputs.map(({ name, choices, initial }) => [name, initial ?? choices?.[0]?.[0] ?? '']),
    ),
  );
  const [isSure, setSure] = useState(false);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const question = confirm?.(answers) ?? null;

  const submit = async (event: Event) => {
    event.preventDefault();
    if (question !== null && !isSure) return setSure(true);
    setSending(true);
    try {
      await onSubmit(answers);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      setSure(false);
      setSending(false);
    }
  };

  const field = ({ name, label, hint, choices, suggestions, type = 'text', isRequired = false }: Input) => {
    const value = answers[name] ?? '';
    const onInput = (next: string) => {
      setSure(false);
      setAnswers({ ...answers, [name]: next });
    };
    const shared = { key: name, label, value, ...(hint && { hint }) };
    return choices
      ? h(ChoiceField, { ...shared, choices, onChange: onInput })
      : h(TextField, {
          ...shared,
          type,
          isRequired,
          onInput,
          ...(suggestions && { suggestions }),
          ...(type === 'number' && { min: 0, step: 0.000001 }),
        });
  };

  return h(Dialog, {
    title,
    onClose,
    children: html`
      <form onSubmit=${submit}>
        <p>${effect}</p>
        ${inputs.filter(({ isAsked }) => isAsked?.(answers) ?? true).map(field)}
        ${problem && h(ProblemBox, { problem })}
        ${isSure && html`<p class="second-question" role="alert">${question}</p>`}
        <div class="dialog-actions">
          <button type="button" class="button" onClick=${onClose}>Leave it</button>
          <button type="submit" class=${isSure || isDangerous ? 'danger-button' : 'primary-button'} disabled=${isSending}>
            ${isSure ? `Yes, ${word.toLowerCase()}` : word}
          </button>
        </div>
      </form>
    `,
  });
}
