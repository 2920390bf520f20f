// Templates of elements: `html` writes them, `h` calls components, so that the compiler checks their properties.

import htm from 'htm';
import { type ComponentChild, h as createElement, type VNode } from 'preact';

export const html = htm.bind(createElement) as (
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
) => VNode;

export const h = createElement as <Props>(
  component: (props: Props) => ComponentChild,
  props: Props & { readonly key?: string },
) => VNode;
