// Values that are known today, of which more may come: clients that validate must not fail on a new one.

import { z } from 'zod';

/** Any text; the document lists the known words under the name of `known`, which generators make a type of. */
export const openEnum = <const T extends z.ZodEnum>(known: T) => z.union([known, z.string()]);
