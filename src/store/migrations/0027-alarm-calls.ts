// Alarms that are not over, and which call about each is to be made next: shared by all replicas.

import type { Migration } from './migrator.ts';

export const alarmCallsMigration: Migration = {
  version: 27,
  name: 'alarm-calls',
  // Older programs call for themselves.
  minReader: 9,
  statements: [
    `create table alarm_calls (
      alarm text not null primary key,
      instance text not null,
      began_at bigint not null,
      raised_at bigint not null,
      next_call text not null,
      due_at bigint not null,
      lease_owner text,
      lease_token bigint not null
    )`,
  ],
};
