// Traces, where a collector is configured: nothing of OpenTelemetry is loaded where none is.

import { parseOtlpHeaders } from '../config/formats.ts';
import type { Config } from '../config/variables.ts';
import type { Log } from '../service/runtime/log.ts';
import type { Traces } from '../service/runtime/traces.ts';
import type { Lifecycle } from './lifecycle.ts';
import { TRACES } from './timeouts.ts';

export interface TraceContext {
  readonly config: Config;
  readonly version: string;
  /** Names this process. */
  readonly owner: string;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

/** Null where OTEL_EXPORTER_OTLP_ENDPOINT is not set. */
export async function createTraceParts(context: TraceContext): Promise<Traces | null> {
  const { config, version, owner, monotonic, log, lifecycle } = context;
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return null;
  const { createOtelTraces } = await import('../traces/otel.ts');
  let reportedAt = Number.NEGATIVE_INFINITY;
  const traces = createOtelTraces({
    endpoint,
    headers: parseOtlpHeaders(config.OTEL_EXPORTER_OTLP_HEADERS?.reveal() ?? ''),
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    serviceName: config.OTEL_SERVICE_NAME,
    version,
    instance: owner,
    report(reason) {
      if (monotonic() - reportedAt < TRACES.reportMs) return;
      reportedAt = monotonic();
      log.warn({ reason }, 'spans could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT: they are dropped');
    },
  });
  // Added first, stopped last: whatever ends before has its span.
  lifecycle.add('traces', { phase: 'base', stop: () => traces.close(), stopMs: TRACES.stopMs });
  return traces;
}
