// The contract on calls about alarms: one process makes each, whatever number of them raise it, and none is lost.

import { expect, it } from 'vitest';
import type { AlarmCall } from '../../../src/store/ports/alarm-calls.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const QUIET_MS = 900_000;
const LEASE_MS = 300_000;
const KNOWN = ['poll_lag', 'callback_dead', 'store_corrupt'];

export function describeAlarmCalls(current: () => StoreUnderTest): void {
  const note = (alarm: string, instance = 'a') => current().store.noteAlarm(alarm, instance, QUIET_MS);
  const claim = (owner = 'a', alarms = KNOWN) => current().store.claimAlarmCall(owner, LEASE_MS, alarms);
  const settle = (call: AlarmCall | null) => {
    if (!call) throw new Error('there is no call to settle');
    return current().store.settleAlarmCall(call, QUIET_MS);
  };
  const said = (call: AlarmCall | null) => call && `${call.kind} ${call.alarm} of ${call.instance}`;

  it('is one of the alarm, one of its recovery, and begins anew after that', async () => {
    expect(await claim()).toBeNull();
    await note('poll_lag', 'a');
    await note('poll_lag', 'b');
    const raised = await claim('b');
    expect(said(raised)).toBe('raised poll_lag of a');
    await settle(raised);
    expect(await claim()).toBeNull();

    await current().passTime(QUIET_MS - 10_000);
    await note('poll_lag', 'b');
    await current().passTime(QUIET_MS - 10_000);
    expect(await claim()).toBeNull();
    await current().passTime(20_000);
    const recovered = await claim('a');
    expect(said(recovered)).toBe('recovered poll_lag of a');
    await settle(recovered);
    expect(await claim()).toBeNull();

    await note('poll_lag', 'b');
    const again = await claim();
    expect(said(again)).toBe('raised poll_lag of b');
  });

  it('belongs to one process, and to the next where that one dies or stops', async () => {
    await note('poll_lag');
    await note('callback_dead');
    const claims = await Promise.all(['a', 'b', 'c'].map((owner) => claim(owner)));
    expect(claims.map(said).sort()).toEqual(
      [null, 'raised callback_dead of a', 'raised poll_lag of a'].sort(),
    );

    const lost = claims.find((call) => call?.alarm === 'poll_lag') ?? null;
    await settle(claims.find((call) => call?.alarm === 'callback_dead') ?? null);
    await current().passTime(LEASE_MS + 1);
    const taken = await claim('d');
    expect(said(taken)).toBe('raised poll_lag of a');
    // It comes back from a long pause: what it would settle is no longer its own.
    await settle(lost);
    expect(await claim('e')).toBeNull();
    await current().store.releaseLeases('d');
    const released = await claim('e');
    expect(said(released)).toBe('raised poll_lag of a');
    expect(released?.beganAt).toBe(taken?.beganAt);
  });

  it('of a recovery is followed by a new one where the alarm came back meanwhile', async () => {
    await note('poll_lag');
    await settle(await claim());
    await current().passTime(QUIET_MS + 1);
    const recovered = await claim();
    expect(recovered?.kind).toBe('recovered');
    await current().passTime(1_000);
    await note('poll_lag', 'b');
    await settle(recovered);
    const again = await claim();
    expect(again?.kind).toBe('raised');
    expect(again?.beganAt).toBe(again?.raisedAt);
    await settle(again);
    await current().passTime(QUIET_MS + 1);
    expect((await claim())?.kind).toBe('recovered');
  });

  it('is due no more where an alarm that was quiet is raised before anyone called about its recovery', async () => {
    await note('poll_lag');
    await settle(await claim());
    await current().passTime(QUIET_MS + 1);
    await note('poll_lag');
    expect(await claim()).toBeNull();
  });

  it('about an alarm that a process does not know is left to one that does', async () => {
    await note('of_a_newer_version');
    expect(await claim('a')).toBeNull();
    expect(said(await claim('b', [...KNOWN, 'of_a_newer_version']))).toBe('raised of_a_newer_version of a');
  });
}
