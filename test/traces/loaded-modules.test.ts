// What a process loads of OpenTelemetry: nothing where no collector is configured.

import { expect, it } from 'vitest';
import { runProgram } from '../support/program.ts';

const loadedWith = async (env: Record<string, string>): Promise<string[]> => {
  const program = runProgram('test/traces/loaded-modules.main.ts', env);
  return (await program.waitFor(/loaded: (.*);/)).split(' ');
};

// prom-client asks the API, which does nothing by itself, whether anything traces.
const OF_PROM_CLIENT = ['@opentelemetry/api'];

it('nothing of it is loaded without OTEL_EXPORTER_OTLP_ENDPOINT', async () => {
  expect(await loadedWith({})).toEqual(OF_PROM_CLIENT);
});

it('with it the SDK and the exporter are', async () => {
  const loaded = await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  expect(loaded).toContain('@opentelemetry/sdk-trace');
  expect(loaded).toContain('@opentelemetry/exporter-trace-otlp-http');
});
