// The colours of the console: text can be read, and marks be told from their ground, in light and in dark.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('console/tokens.css', 'utf8');

type Tokens = Readonly<Record<string, string>>;

const readTokens = (text: string): Tokens =>
  Object.fromEntries(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]),
  );

const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
const SCHEMES: readonly (readonly [string, Tokens])[] = [
  ['light', readTokens(light)],
  ['dark', { ...readTokens(light), ...readTokens(dark) }],
];

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one = '', other = ''): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

it('measures contrast as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

describe.each(SCHEMES)('in the %s scheme', (_name, tokens) => {
  it.each(['text', 'quiet', 'accent', 'good', 'wait', 'bad', 'unknown'])('%s can be read', (name) => {
    for (const ground of ['ground', 'raised']) {
      expect(contrast(tokens[name], tokens[ground])).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('the word on a button can be read', () => {
    expect(contrast(tokens['on-accent'], tokens['accent'])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['edge', ...Array.from({ length: 8 }, (_, index) => `series-${index + 1}`)])(
    '%s can be told from the ground',
    (name) => {
      for (const ground of ['ground', 'raised']) {
        expect(contrast(tokens[name], tokens[ground])).toBeGreaterThanOrEqual(3);
      }
    },
  );
});

it('names a colour for every use in the styles', () => {
  const used = new Set(
    [...readFileSync('console/style.css', 'utf8').matchAll(/var\(--([\w-]+)\)/g)].map(
      ([, name = '']) => name,
    ),
  );
  const known = new Set([...css.matchAll(/--([\w-]+):/g)].map(([, name = '']) => name));
  expect([...used].filter((name) => name !== 'mark' && !known.has(name))).toEqual([]);
});
