// A logger for parts under test that remembers what was said.

import type { Log } from '../../src/service/runtime/log.ts';

export interface RecordedLog extends Log {
  readonly lines: { readonly level: string; readonly message: string; readonly details: object }[];
}

export function createRecordedLog(): RecordedLog {
  const lines: RecordedLog['lines'] = [];
  const record = (level: string) => (details: object, message: string) =>
    void lines.push({ level, message, details });
  return {
    lines,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
}
