// Icons of the console: drawn in lines, 16 units wide, always beside a word or a label.

import type { VNode } from 'preact';
import { html } from '../html.ts';

const PATHS = {
  overview: 'M2 9.5h3.500V14H2zM6.3 6h3.500v8H6.300zM10.6 2H14v12h-3.400z',
  route: 'M3 13V9.500A2.5 2.5 0 0 1 5.5 7h5A2.5 2.5 0 0 0 13 4.500V3M10.8 5 13 2.8 15.2 5M3 13h.01',
  jobs: 'M2 3.500h12v9H2zM6.5 6v4l3.2-2z',
  money:
    'M8 1.500v13M11 4.200C10.4 3.3 9.3 3 8 3 6.3 3 5 3.8 5 5.3 5 8.7 11 7.2 11 10.600c0 1.6-1.4 2.4-3 2.4-1.5 0-2.7-.5-3.2-1.5',
  models: 'M8 1.5 14 5v6l-6 3.500L2 11V5zM2 5l6 3.500L14 5M8 8.500v6',
  access:
    'M10.5 9.500a4 4 0 1 0-3.7-2.600L2 11.700V14h2.300v-1.600h1.600v-1.600h1.600L8.6 9.200a4 4 0 0 0 1.9.3zM11 5h.01',
  audit: 'M4 2h8v12H4zM6.3 5.300h3.400M6.3 8h3.400M6.3 10.700h2',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14',
  copy: 'M5.5 5.500V2.500h8v8h-3M2.5 5.500h8v8h-8z',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M3.5 3.500l9 9M12.5 3.500l-9 9',
  up: 'M8 12.500v-9M4.5 7 8 3.5 11.5 7',
  down: 'M8 3.500v9M4.5 9 8 12.5 11.5 9',
  out: 'M9.5 3H3v10h6.500M7 8h7M11.5 5.5 14 8l-2.5 2.5',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { readonly name: IconName }): VNode => html`
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d=${PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
  </svg>
`;
