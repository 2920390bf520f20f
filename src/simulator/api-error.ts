// The error of the simulated API: a status, a message, and OpenRouter's envelope around them.

export type ErrorMetadata = { readonly [key: string]: unknown };

/** Which of the two envelopes OpenRouter's routes answer with. */
export type EnvelopeStyle = 'error' | 'zod';

/** A refusal by the simulated API. `status` is the HTTP status and the envelope's `code`. */
export class ApiError extends Error {
  readonly status: number;
  readonly metadata: ErrorMetadata | undefined;
  readonly headers: { readonly [name: string]: string };
  readonly envelope: EnvelopeStyle;

  constructor(
    status: number,
    message: string,
    details: {
      metadata?: ErrorMetadata | undefined;
      headers?: { readonly [name: string]: string } | undefined;
      envelope?: EnvelopeStyle | undefined;
    } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.metadata = details.metadata;
    this.headers = details.headers ?? {};
    this.envelope = details.envelope ?? 'error';
  }
}

/** The body of a refusal. Key order is the live one: `message` stands before `code`. */
export function renderError(error: ApiError, userId?: string): object {
  if (error.envelope === 'zod') {
    return { success: false, error: { name: 'ZodError', message: error.message } };
  }
  return {
    error: {
      message: error.message,
      code: error.status,
      ...(error.metadata === undefined ? {} : { metadata: error.metadata }),
    },
    ...(userId === undefined ? {} : { user_id: userId }),
  };
}
