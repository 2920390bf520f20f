// Spans in OpenTelemetry, sent to a collector with OTLP over HTTP. Imported only where a collector is configured.

import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Job } from '../core/job/job.ts';
import { fromMicroUsd } from '../core/money.ts';
import { parseTraceparent, writeTraceparent } from '../core/origin.ts';
import type { Traces } from '../service/runtime/traces.ts';

export interface OtelOptions {
  /** Base URL of the collector: `/v1/traces` is added. */
  readonly endpoint: string;
  /** Sent with every export. */
  readonly headers: Readonly<Record<string, string>>;
  /** As in OTEL_TRACES_SAMPLER. */
  readonly sampler: string;
  /** From 0 to 1, for samplers by ratio. */
  readonly ratio: number;
  readonly serviceName: string;
  readonly version: string;
  /** Names this process. */
  readonly instance: string;
  /** Receives why spans could not be sent. They are dropped; nothing waits for them. */
  readonly report: (reason: string) => void;
}

export interface OtelTraces extends Traces {
  /** Sends what is left. The caller limits how long it waits. */
  close(): Promise<void>;
}

export function createOtelTraces(options: OtelOptions): OtelTraces {
  const provider = new TracerProvider({
    resource: detectResources({ detectors: [envDetector] }).merge(
      resourceFromAttributes({
        'service.name': options.serviceName,
        'service.version': options.version,
        'service.instance.id': options.instance,
      }),
    ),
    sampler: followOrder(createSampler(options)),
    spanProcessors: [new BatchSpanProcessor({ exporter: createExporter(options) })],
  });
  const tracer = provider.getTracer('clipgate', options.version);

  return {
    startRequest({ method, route, requestId, traceparent }) {
      const span = tracer.startSpan(
        route === null ? method : `${method} ${route}`,
        {
          kind: SpanKind.SERVER,
          attributes: {
            'http.request.method': method,
            ...(route === null ? {} : { 'http.route': route }),
            'clipgate.request.id': requestId,
          },
        },
        contextOf(traceparent),
      );
      return {
        traceparent: placeOf(span),
        end({ status, jobId, client }) {
          span.setAttribute('http.response.status_code', status);
          if (jobId !== null) span.setAttribute('clipgate.job.id', jobId);
          if (client !== null) span.setAttribute('clipgate.client', client);
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },

    startSubmit(job) {
      const span = tracer.startSpan(
        `generate_content ${job.model}`,
        { kind: SpanKind.CLIENT, attributes: describeJob(job) },
        contextOf(job.traceparent),
      );
      return {
        end(outcome) {
          span.setAttribute('clipgate.submit.outcome', outcome.kind);
          if (outcome.kind === 'accepted') span.setAttribute('gen_ai.response.id', outcome.upstreamId);
          else fail(span, outcome.kind === 'rejected' ? outcome.reason : outcome.kind);
          span.end();
        },
      };
    },

    jobEnded(job) {
      const order = trace.getSpanContext(contextOf(job.traceparent));
      const span = tracer.startSpan(
        `job ${job.model}`,
        {
          root: true,
          // As a Date: a number is taken for one since the start of the process where it could be.
          startTime: new Date(job.createdAt),
          links: order ? [{ context: order }] : [],
          attributes: {
            ...describeJob(job),
            'clipgate.job.status': job.status,
            ...(job.upstreamId === null ? {} : { 'gen_ai.response.id': job.upstreamId }),
            ...inUsd('clipgate.cost.billed_usd', job.actualMicroUsd),
          },
        },
        ROOT_CONTEXT,
      );
      if (job.status !== 'completed') fail(span, job.error?.code ?? job.status);
      span.end(new Date(job.finishedAt ?? job.updatedAt));
    },

    close: () => provider.shutdown(),
  };
}

const describeJob = (job: Job): Attributes => ({
  'gen_ai.operation.name': 'generate_content',
  'gen_ai.provider.name': 'openrouter',
  'gen_ai.request.model': job.model,
  'gen_ai.output.type': 'video',
  'clipgate.job.id': job.id,
  'clipgate.job.attempt': job.attempt,
  'clipgate.client': job.clientId,
  ...(job.requestId === null ? {} : { 'clipgate.request.id': job.requestId }),
  ...inUsd('clipgate.cost.estimated_usd', job.estimatedMicroUsd),
});

/** An amount that is unknown is left out, never 0. */
const inUsd = (name: string, microUsd: number | null): Attributes =>
  microUsd === null ? {} : { [name]: fromMicroUsd(microUsd) };

/** The message of an error may quote the prompt: its name must do. */
function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function placeOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return writeTraceparent({ traceId, spanId, isSampled: isSampled(traceFlags) });
}

const isSampled = (flags: number): boolean => (flags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED;

function contextOf(traceparent: string | null): Context {
  const place = parseTraceparent(traceparent);
  if (!place) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: place.traceId,
    spanId: place.spanId,
    traceFlags: place.isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}

function createSampler({ sampler, ratio }: Pick<OtelOptions, 'sampler' | 'ratio'>): Sampler {
  const [, isParentBased, name] = /^(parentbased_)?(.*)$/.exec(sampler) ?? [];
  const root =
    name === 'always_off'
      ? new AlwaysOffSampler()
      : name === 'traceidratio'
        ? new TraceIdRatioBasedSampler(ratio)
        : new AlwaysOnSampler();
  return isParentBased === undefined ? root : new ParentBasedSampler({ root });
}

/** A span with a link, which is that of a job's end, is recorded where its order was: one without the other explains nothing. */
const followOrder = (sampler: Sampler): Sampler => ({
  shouldSample(context, traceId, name, kind, attributes, links: readonly Link[]) {
    const [order] = links;
    if (!order) return sampler.shouldSample(context, traceId, name, kind, attributes, [...links]);
    return {
      decision: isSampled(order.context.traceFlags)
        ? SamplingDecision.RECORD_AND_SAMPLED
        : SamplingDecision.NOT_RECORD,
    };
  },
  toString: () => `FollowOrder{${sampler.toString()}}`,
});

function createExporter({ endpoint, headers, report }: OtelOptions): SpanExporter {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers: { ...headers } });
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error) report(nameFailure(result.error));
        // Reported here and now: a failure that went on would come out of the shutdown, with what the collector answered.
        done({ code: EXPORTED });
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

/** What @opentelemetry/core calls ExportResultCode.SUCCESS. */
const EXPORTED = 0;

/** The message of an error may hold what the collector answered. */
function nameFailure(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? `answered ${code}` : typeof code === 'string' ? code : error.name;
}
