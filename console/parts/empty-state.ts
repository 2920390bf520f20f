// What stands where there is nothing yet: what would be here, and how to get it.

import type { ComponentChildren, VNode } from 'preact';
import { html } from '../html.ts';

interface EmptyStateProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

export const EmptyState = ({ title, children }: EmptyStateProps): VNode => html`
  <div class="empty-state">
    <p class="empty-title">${title}</p>
    ${children}
  </div>
`;
