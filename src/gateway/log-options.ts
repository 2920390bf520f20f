// How log lines are written: pino's own names, or those of the Elastic Common Schema.

import { type LoggerOptions, stdSerializers, stdTimeFunctions } from 'pino';
import type { Config } from '../config/variables.ts';

const ECS_VERSION = '8.11.0';

/** Fields of ours that the schema has a name for. */
const ECS_NAMES: Readonly<Record<string, string>> = {
  reqId: 'http.request.id',
  method: 'http.request.method',
  route: 'url.template',
  client: 'user.name',
  // Of a line about a job: the request that ordered it, which has a line of that id too.
  request_id: 'http.request.id',
  trace_id: 'trace.id',
};

/** @param instance differs for every process. */
export function createLogOptions(
  { LOG_LEVEL: level, LOG_FORMAT: format }: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>,
  { version, instance }: { readonly version: string; readonly instance: string },
): LoggerOptions {
  if (format === 'pino') return { level, base: null, timestamp: stdTimeFunctions.isoTime };
  return {
    level,
    messageKey: 'message',
    base: {
      'ecs.version': ECS_VERSION,
      'service.name': 'clipgate',
      'service.version': version,
      'service.instance.id': instance,
    },
    timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
    formatters: {
      level: (label) => ({ 'log.level': label }),
      log: (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => toEcs(name, value))),
    },
  };
}

function toEcs(name: string, value: unknown): [string, unknown] {
  if (name === 'err' && value instanceof Error) {
    const { type, message, stack } = stdSerializers.err(value);
    return ['error', { type, message, stack_trace: stack }];
  }
  // The status of an answer is a number, that of a job a word.
  if (name === 'status' && typeof value === 'number') return ['http.response.status_code', value];
  // Nanoseconds.
  if (name === 'ms' && typeof value === 'number') return ['event.duration', Math.round(value * 1e6)];
  return [ECS_NAMES[name] ?? name, value];
}
