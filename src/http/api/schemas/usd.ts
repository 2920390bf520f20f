// An amount of US dollars in a body, kept as it is sent: to the micro-dollar, and no finer.

import { Big } from 'big.js';
import { z } from 'zod';

const DECIMALS = 6;

/** An amount with more decimals is refused: it would be rounded without a word, the smallest to nothing. */
export const usdAmount = (min: number, max: number) =>
  z
    .number()
    .min(min)
    .max(max)
    .refine((usd) => new Big(usd).round(DECIMALS).eq(usd), `must have at most ${DECIMALS} decimals`);
