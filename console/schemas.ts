// The types of what the API takes and answers, from its OpenAPI document.

import type { components } from '../openapi/clipgate.d.ts';

export type Schemas = components['schemas'];
