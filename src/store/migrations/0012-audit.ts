// One append-only record of what operators and the administration of keys did, to whatever it was done.

import type { Migration } from './migrator.ts';

export const auditMigration: Migration = {
  version: 12,
  name: 'audit',
  // Older programs write `job_audit`, which the view below reads as well.
  minReader: 9,
  statements: [
    `create table audit (
      id text not null primary key,
      at bigint not null,
      actor text not null,
      key_id text,
      action text not null,
      object_kind text not null,
      object_id text not null,
      reason text,
      before_json text,
      after_json text,
      request_id text
    )`,
    'create index audit_by_time on audit (at, id)',
    'create index audit_by_actor on audit (actor, at, id)',
    'create index audit_by_object on audit (object_kind, object_id, at, id)',
    `create view audit_log as
      select id, at, actor, key_id, action, object_kind, object_id, reason, before_json, after_json, request_id
      from audit
      union all
      select 'audit_' || job_id || '_' || version, at, actor, null, action, 'job', job_id, reason, before_json, after_json, null
      from job_audit`,
  ],
};
