// Lists in responses, readonly for those who render them.

import { z } from 'zod';

/** An array schema that accepts readonly arrays in TypeScript. */
export const listOf = <T extends z.ZodType>(item: T) => z.array(item).readonly();
