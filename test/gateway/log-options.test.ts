// The two forms of log lines.

import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createLogOptions } from '../../src/gateway/log-options.ts';

function write(format: 'pino' | 'ecs', fields: object): Record<string, unknown> {
  let line = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      line += String(chunk);
      done();
    },
  });
  const process = { version: '1.2.3', instance: 'host:1' };
  pino(createLogOptions({ LOG_LEVEL: 'info', LOG_FORMAT: format }, process), sink).info(fields, 'request');
  return JSON.parse(line) as Record<string, unknown>;
}

it('ecs names level, time, message, service, request and error as the schema does', () => {
  const request = { reqId: 'req_1', method: 'GET', route: '/jobs', status: 200, ms: 1.5, client: 'studio' };
  const line = write('ecs', { ...request, err: new TypeError('broke') });
  expect(line).toMatchObject({
    '@timestamp': expect.stringMatching(/^\d{4}-.*Z$/),
    'log.level': 'info',
    message: 'request',
    'ecs.version': '8.11.0',
    'service.name': 'clipgate',
    'service.version': '1.2.3',
    'service.instance.id': 'host:1',
    'http.request.id': 'req_1',
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.template': '/jobs',
    'event.duration': 1_500_000,
    error: { type: 'TypeError', message: 'broke', stack_trace: expect.any(String) },
  });
  for (const name of ['level', 'time', 'msg', 'err', 'status']) expect(line).not.toHaveProperty(name);
  expect(write('ecs', { status: 'completed' })).toMatchObject({ status: 'completed' });
});

it('pino keeps its own names', () => {
  const line = write('pino', { reqId: 'req_1', status: 200 });
  expect(line).toMatchObject({ level: 30, msg: 'request', reqId: 'req_1', status: 200 });
});
