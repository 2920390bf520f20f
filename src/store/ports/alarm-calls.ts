// What the service asks of a store so that of all replicas one calls about an alarm, and one about its recovery.

import type { Lease } from './lease.ts';

export interface AlarmCall {
  readonly alarm: string;
  readonly kind: 'raised' | 'recovered';
  /** The process that raised it first. */
  readonly instance: string;
  /** When it was raised first, since it was over last; epoch milliseconds, as is `raisedAt`. */
  readonly beganAt: number;
  /** When it was raised last. */
  readonly raisedAt: number;
  readonly lease: Pick<Lease, 'owner' | 'token'>;
}

export interface AlarmCallStore {
  /** Notes that an alarm was raised: a call about it is due, unless it is not over since it was raised before. */
  noteAlarm(alarm: string, instance: string, quietMs: number): Promise<void>;
  /** The call about one of `alarms` that has been due for longest, now leased to `owner`; null where none is. */
  claimAlarmCall(owner: string, leaseMs: number, alarms: readonly string[]): Promise<AlarmCall | null>;
  /**
   * The call was made, or given up. After that of an alarm the one of its recovery is due once it was quiet for
   * `quietMs`; an alarm that was raised again during the call about its recovery begins anew. Nothing happens where
   * the lease is lost.
   */
  settleAlarmCall(call: AlarmCall, quietMs: number): Promise<void>;
}
