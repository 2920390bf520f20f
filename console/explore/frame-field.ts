// A picture that is the first or the last of the clip: dropped here, or chosen from a folder, and shown small.

import type { VNode } from 'preact';
import { useId, useState } from 'preact/hooks';
import { h, html } from '../html.ts';
import { Icon } from '../parts/icon.ts';

interface FrameFieldProps {
  readonly label: string;
  /** A `data:` URL; null = none. */
  readonly url: string | null;
  readonly onChange: (url: string | null) => void;
}

/** With what JSON adds the body stays below what the gateway takes. */
const MAX_BYTES = 12_000_000;

const readPicture = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('The file cannot be read.'));
    reader.readAsDataURL(file);
  });

export function FrameField({ label, url, onChange }: FrameFieldProps): VNode {
  const id = useId();
  const [fault, setFault] = useState<string | null>(null);
  const [isOver, setOver] = useState(false);

  /** What is wrong with a file, if anything. */
  async function read(file: File): Promise<string | null> {
    if (!file.type.startsWith('image/')) return 'This is no picture.';
    if (file.size > MAX_BYTES) return 'The picture is larger than 12 MB.';
    try {
      onChange(await readPicture(file));
      return null;
    } catch {
      return 'The file cannot be read.';
    }
  }
  const take = (file: File | undefined) => {
    if (file) void read(file).then(setFault);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files[0]);
  };
  const hover = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };

  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <div class=${`drop ${isOver ? 'over' : ''}`} onDrop=${drop} onDragOver=${hover} onDragLeave=${() => setOver(false)}>
        ${
          url === null
            ? html`<span class="quiet small">Drop or choose</span>`
            : html`
                <img src=${url} alt=${`The ${label.toLowerCase()}`} />
                <button type="button" class="quiet-button" aria-label=${`Remove the ${label.toLowerCase()}`} onClick=${() => onChange(null)}>
                  ${h(Icon, { name: 'close' })}
                </button>
              `
        }
        <input id=${id} type="file" accept="image/*" value=""
          onChange=${(event: Event) => take((event.currentTarget as HTMLInputElement).files?.[0])} />
      </div>
      ${fault && html`<p class="field-error" role="alert">${fault}</p>`}
    </div>
  `;
}
