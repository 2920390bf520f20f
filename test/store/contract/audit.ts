// The contract on the audit log: what was done, found by time, actor and object, page after page.

import { expect, it } from 'vitest';
import type { AuditEntry, AuditQuery } from '../../../src/store/ports/audit.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createJobIn } from './store-under-test.ts';

const ALL: AuditQuery = { since: null, actor: null, object: null, before: null, limit: 100 };

export function describeAudit(current: () => StoreUnderTest): void {
  const by = (actor: string) => ({ actor, keyId: null, requestId: null, reason: null });

  /** Three acts of two operators on two jobs, oldest first. */
  async function act(): Promise<AuditEntry[]> {
    const { store, passTime } = current();
    const [one, two] = [await createJobIn(store, 'completed'), await createJobIn(store, 'completed')];
    await store.recordAction(one.job.id, 'refetch', by('alice'));
    await passTime(5);
    await store.recordAction(two.job.id, 'refetch', by('bob'));
    await passTime(5);
    await store.recordAction(one.job.id, 'refetch_as_is', by('bob'));
    return (await store.listAudit(ALL)).reverse();
  }

  it('lists acts newest first, and narrows them by actor, object and time', async () => {
    const { store } = current();
    const [first, second, third] = await act();
    if (!first || !second || !third) throw new Error('an act is missing');
    expect([first.actor, second.actor, third.actor]).toEqual(['alice', 'bob', 'bob']);
    expect(await store.listAudit({ ...ALL, actor: 'bob' })).toEqual([third, second]);
    expect(await store.listAudit({ ...ALL, object: first.object })).toEqual([third, first]);
    expect(await store.listAudit({ ...ALL, object: { kind: 'job', id: null } })).toHaveLength(3);
    expect(await store.listAudit({ ...ALL, object: { kind: 'key', id: null } })).toEqual([]);
    expect(await store.listAudit({ ...ALL, since: third.at + 1 })).toEqual([]);
    expect(await store.listAudit({ ...ALL, since: first.at })).toHaveLength(3);
  });

  it('goes page after page, without gap or repeat, and shows nothing behind an unknown cursor', async () => {
    const { store } = current();
    const acts = await act();
    const paged: AuditEntry[] = [];
    for (let before: string | null = null; ; ) {
      const page = await store.listAudit({ ...ALL, limit: 2, before });
      paged.push(...page);
      before = page.at(-1)?.id ?? null;
      if (page.length < 2) break;
    }
    expect(paged.reverse()).toEqual(acts);
    expect(await store.listAudit({ ...ALL, before: 'audit_none' })).toEqual([]);
  });
}
