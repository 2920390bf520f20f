// One list of alarms: every name in it is raised somewhere, and no line calls itself an alarm past it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ALARMS, type Alarm, createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const SRC = new URL('../../../src', import.meta.url).pathname;
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(
    (name) => name.endsWith('.ts') && !name.startsWith('simulator') && !name.endsWith('runtime/alarms.ts'),
  )
  .map((name) => readFileSync(join(SRC, name), 'utf8'));

it('writes a line at error with its name, and reports it to the listener', () => {
  const log = createRecordedLog();
  const heard: Alarm[] = [];
  const alarms = createAlarms({ log, monotonic: () => 0, onAlarm: (alarm) => heard.push(alarm) });
  alarms.raise('callback_dead', { job_id: 'job_1' }, 'the last attempt of a callback failed');
  expect(log.lines).toEqual([
    {
      level: 'error',
      message: 'the last attempt of a callback failed',
      details: { job_id: 'job_1', alarm: 'callback_dead' },
    },
  ]);
  expect(heard).toEqual(['callback_dead']);
});

it('repeats the alarm of what lasts every five minutes, counted from whoever raised it last', () => {
  let now = 0;
  const heard: number[] = [];
  const alarms = createAlarms({
    log: createRecordedLog(),
    monotonic: () => now,
    onAlarm: () => heard.push(now),
  });
  alarms.raise('store_corrupt', {}, 'the database failed');
  for (now = 0; now <= 12 * 60_000; now += 30_000) {
    if (now === 7 * 60_000) alarms.raise('store_corrupt', {}, 'the database failed');
    alarms.raiseWhile('store_corrupt', {}, 'the database still cannot be used');
  }
  expect(heard.map((at) => at / 60_000)).toEqual([0, 5, 7, 12]);
});

it('lists no alarm that is never raised', () => {
  const unraised = Object.keys(ALARMS).filter((name) => !sources.some((text) => text.includes(`'${name}'`)));
  expect(unraised).toEqual([]);
});

it('is the only place that writes the field `alarm` of a line', () => {
  const others = sources.filter((text) => /log\.\w+\(\s*\{(?:[^}]*,)?\s*alarm\b/.test(text));
  expect(others).toEqual([]);
});

it('says of each what happened and what to do', () => {
  for (const [name, { happened, action }] of Object.entries(ALARMS)) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)+$/);
    expect(happened).toMatch(/\.$/);
    expect(action).toMatch(/\.\)?$|\)\.$/);
  }
});
