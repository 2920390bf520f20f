// Changes how a poll words the truth: other spellings, reasons as objects, details and signed URLs.
import type { Fault, FaultNamed } from './catalogue.ts';

const REASONS: { readonly [shape in FaultNamed<'error_shape'>['as']]: (reason: string) => unknown } = {
  object: (message) => ({ message }),
  nested: (message) => ({ error: { message, code: 400 } }),
  empty: () => '',
};

/** The body of a poll as its faults word it. @param ended whether the job has ended by now. */
export function rewordPoll(body: object, faults: readonly Fault[], ended: boolean): object {
  let worded: Record<string, unknown> = { ...body };
  for (const fault of faults) {
    switch (fault.fault) {
      case 'spelling':
        if (ended) worded = { ...worded, status: fault.status };
        break;
      case 'error_shape':
        if (typeof worded['error'] === 'string')
          worded = { ...worded, error: REASONS[fault.as](worded['error']) };
        break;
      case 'status_detail':
        worded = { ...worded, status_detail: fault.detail };
        break;
      case 'signed_urls':
        if (ended) worded = { ...worded, urls: [fault.url] };
        break;
      default:
    }
  }
  return worded;
}
