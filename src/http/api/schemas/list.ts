// Lists in answers: nobody who renders one may change it.

import { z } from 'zod';

/** A list that TypeScript takes readonly arrays for. */
export const listOf = <T extends z.ZodType>(item: T) => z.array(item).readonly();
