// How the faults of a job change its end: another status, another time, another bill.
import type { Ending, Showing } from '../job.ts';
import type { JobFault } from './catalogue.ts';

/** The end of a job under its faults; the first that changes a thing wins. */
export function endingUnder(
  faults: readonly JobFault[],
  acceptedMs: number,
  generationMs: number,
  timeScale: number,
): Ending {
  const at = (ms: number) => acceptedMs + ms * timeScale;
  const asked = faults.find((fault) => fault.fault === 'latency');
  const readyMs = at(asked === undefined ? generationMs : asked.seconds * 1000);
  for (const fault of faults) {
    switch (fault.fault) {
      case 'fail':
        return { status: 'failed', error: fault.message, readyMs };
      case 'cancel':
        return { status: 'cancelled', error: fault.message, readyMs };
      case 'expire':
        return { status: 'expired', error: fault.message, readyMs: at(fault.after_s * 1000) };
      case 'dead':
        return { status: 'dead', error: null, readyMs };
      case 'stuck':
        return { status: 'pending', error: null, readyMs: Number.POSITIVE_INFINITY };
      default:
    }
  }
  return { status: 'completed', error: null, readyMs };
}

export function showingUnder(faults: readonly JobFault[], costUsd: number | null): Showing {
  const has = (name: JobFault['fault']) => faults.some((fault) => fault.fault === name);
  const byok = faults.find((fault) => fault.fault === 'byok');
  const billedUsd = byok === undefined ? costUsd : byok.fee_usd;
  const shownUsd = has('cost_null') ? null : billedUsd;
  return {
    usage: has('no_usage') ? undefined : { cost: shownUsd, is_byok: byok !== undefined },
    videos: has('no_url') ? 0 : has('two_urls') ? 2 : 1,
    foreignUrl: faults.find((fault) => fault.fault === 'foreign_url')?.url,
    billedUsd,
  };
}
