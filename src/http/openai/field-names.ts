// What the fields of an order are called in OpenAI's API.

import { HEADER_OF_FIELD } from '../api/schemas/order-headers.ts';

export const CALLBACK_HEADER = 'X-Clipgate-Callback-Url';

const NAMES: Readonly<Record<string, string>> = {
  ...HEADER_OF_FIELD,
  callback_url: CALLBACK_HEADER,
  duration: 'seconds',
  frame_images: 'input_reference',
  input_references: 'input_reference',
  resolution: 'size',
  aspect_ratio: 'size',
};

/** @param field by its name in a clip spec, and of a part of it `frame_images.0.image_url`. */
export const fieldNameOf = (field: string): string => NAMES[field.split('.')[0] ?? ''] ?? field;
