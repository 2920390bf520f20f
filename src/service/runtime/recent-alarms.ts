// The alarms that this process raised in the last day: since when, how often, what the last was about.

import { type Alarm, isEvent, QUIET_MS } from './alarms.ts';

export interface RecentAlarm {
  readonly alarm: Alarm;
  /** When it began, epoch milliseconds; of an event, when it was raised first. */
  readonly since: number;
  readonly lastAt: number;
  readonly count: number;
  /** False once it was quiet for so long that it is over, and for events, of which none lasts. */
  readonly isActive: boolean;
  /** What the last one says beside its message, as far as that is words and numbers. */
  readonly about: Readonly<Record<string, string | number>>;
}

export interface RecentAlarms {
  /** To be called with every alarm that is raised. `fields` holds no secret. */
  note(alarm: Alarm, fields: object): void;
  /** Those that last first, then the newest. */
  list(): readonly RecentAlarm[];
}

interface Seen {
  readonly since: number;
  readonly lastAt: number;
  readonly count: number;
  readonly about: RecentAlarm['about'];
}

const KEPT_MS = 24 * 60 * 60_000;
const MAX_FIELDS = 10;
const MAX_CHARACTERS = 200;

/** @param parts.clock epoch milliseconds. @param parts.monotonic milliseconds of any origin that never go back. */
export function createRecentAlarms({
  clock,
  monotonic,
}: {
  readonly clock: () => number;
  readonly monotonic: () => number;
}): RecentAlarms {
  // As many as there are names.
  const seen = new Map<Alarm, Seen>();
  const lasts = (alarm: Alarm, { lastAt }: Seen): boolean =>
    monotonic() - lastAt < (isEvent(alarm) ? KEPT_MS : QUIET_MS);

  return {
    note(alarm, fields) {
      const before = seen.get(alarm);
      const lastAt = monotonic();
      const goesOn = before && lasts(alarm, before) ? before : null;
      seen.set(alarm, {
        since: goesOn?.since ?? lastAt,
        lastAt,
        count: (goesOn?.count ?? 0) + 1,
        about: cutFields(fields),
      });
    },
    list() {
      const now = monotonic();
      const present = clock();
      for (const [alarm, { lastAt }] of [...seen]) if (now - lastAt >= KEPT_MS) seen.delete(alarm);
      return [...seen]
        .map(([alarm, one]) => ({
          alarm,
          since: present - (now - one.since),
          lastAt: present - (now - one.lastAt),
          count: one.count,
          isActive: !isEvent(alarm) && lasts(alarm, one),
          about: one.about,
        }))
        .sort((a, b) => Number(b.isActive) - Number(a.isActive) || b.lastAt - a.lastAt);
    },
  };
}

const cutFields = (fields: object): RecentAlarm['about'] =>
  Object.fromEntries(
    Object.entries(fields)
      .flatMap(([name, value]): [string, string | number][] =>
        typeof value === 'number'
          ? [[name, value]]
          : typeof value === 'string'
            ? [[name, value.slice(0, MAX_CHARACTERS)]]
            : [],
      )
      .slice(0, MAX_FIELDS),
  );
