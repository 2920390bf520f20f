// The storage of clips, looked at: what is wrong with it is said once, and no probe waits for it or looks anew.

import { expect, it } from 'vitest';
import { createArchiveHealth } from '../../../src/service/clips/archive-health.ts';
import type { StorageState } from '../../../src/service/clips/storage/port.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const GOOD = { ok: true, detail: 'writable' };
const bad = (detail: string) => ({ ok: false, detail });

function start(health: () => Promise<StorageState>) {
  let now = 0;
  const log = createRecordedLog();
  const alarms = createAlarms({ log, monotonic: () => now });
  const check = createArchiveHealth({ storage: { health }, clock: () => now, alarms });
  const later = () => {
    now += 5_000;
    return check();
  };
  return { check, later, alarms: () => log.lines.filter(({ details }) => 'alarm' in details) };
}

it('looks once in five seconds, and calls once for each time it breaks', async () => {
  const states = [GOOD, bad('one'), bad('one'), GOOD, bad('one'), bad('two')];
  const { check, later, alarms } = start(async () => states.shift() ?? GOOD);
  expect(await check()).toEqual(GOOD);
  expect(await check()).toEqual(GOOD);
  expect(await later()).toEqual(bad('one'));
  expect((await later()).ok).toBe(false);
  expect(alarms()).toHaveLength(1);
  expect(await later()).toEqual(GOOD);
  await later();
  await later();
  expect(alarms().map(({ message }) => message)).toEqual([
    'the clip archive is unavailable: one',
    'the clip archive is unavailable: one',
    'the clip archive is unavailable: two',
  ]);
});

it('says again that it is broken every five minutes, so that it is not taken for over', async () => {
  const { later, alarms } = start(async () => bad('one'));
  // A look every five seconds, for twelve minutes.
  for (let n = 0; n < 144; n++) await later();
  expect(alarms()).toHaveLength(3);
});

it('waits for a look that hangs once, calls once, and begins no other', async () => {
  const begun: { resolve: (state: StorageState) => void }[] = [];
  const { check, later, alarms } = start(
    () =>
      new Promise((resolve) => {
        begun.push({ resolve });
      }),
  );
  const HANGING = bad('does not respond');
  expect(await Promise.all([check(), check()])).toEqual([HANGING, HANGING]);
  expect(alarms()).toHaveLength(1);

  // At once: before the loop has turned, let alone waited.
  const turn = new Promise((resolve) => setImmediate(resolve, 'late'));
  expect(await Promise.race([later(), turn])).toEqual(HANGING);
  expect(alarms()).toHaveLength(1);
  expect(begun).toHaveLength(1);

  begun[0]?.resolve(GOOD);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await check()).toEqual(GOOD);
  expect(begun).toHaveLength(1);
  expect(await later()).toEqual(HANGING);
  expect(alarms()).toHaveLength(2);
});
