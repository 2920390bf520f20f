// What a driver's error means: the database is away, it is damaged, or the error is about something else.

import { describe, expect, it, vi } from 'vitest';
import { ClipgateError } from '../../../src/core/errors.ts';
import { guardStore } from '../../../src/store/sql/guard-store.ts';
import { findStoreFault } from '../../../src/store/sql/store-fault.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createClaim, createIntent, LEASE_MS } from '../contract/store-under-test.ts';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const sqlite = (errcode: number) => Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('findStoreFault', () => {
  it.each([
    ['SQLITE_FULL', sqlite(13), 'unavailable'],
    ['SQLITE_IOERR_WRITE', sqlite(778), 'unavailable'],
    ['SQLITE_READONLY_DBMOVED', sqlite(1032), 'unavailable'],
    ['SQLITE_BUSY', sqlite(5), 'unavailable'],
    ['SQLITE_CORRUPT_INDEX', sqlite(779), 'corrupt'],
    ['SQLITE_NOTADB', sqlite(26), 'corrupt'],
    ['SQLITE_CONSTRAINT', sqlite(19), null],
    ['SQLITE_ERROR', sqlite(1), null],
    ['disk_full', withCode('53100'), 'unavailable'],
    ['too_many_connections', withCode('53300'), 'unavailable'],
    ['read_only_sql_transaction', withCode('25006'), 'unavailable'],
    ['admin_shutdown', withCode('57P01'), 'unavailable'],
    ['query_canceled', withCode('57014'), 'unavailable'],
    ['connection_failure', withCode('08006'), 'unavailable'],
    ['io_error', withCode('58030'), 'unavailable'],
    ['deadlock_detected', withCode('40P01'), 'unavailable'],
    ['data_corrupted', withCode('XX001'), 'corrupt'],
    ['unique_violation', withCode('23505'), null],
    ['syntax_error', withCode('42601'), null],
    ['ECONNRESET', withCode('ECONNRESET'), 'unavailable'],
    ['a broken connection', new Error('Connection terminated unexpectedly'), 'unavailable'],
    ['a bug', new TypeError('x is not a function'), null],
    ['our own refusal', new ClipgateError('upstream_id_taken', 'x'), null],
    ['a failed rollback', new AggregateError([sqlite(13), sqlite(1)], 'x'), 'unavailable'],
    ['nothing', undefined, null],
  ])('reads %s', (_, error, fault) => {
    expect(findStoreFault(error)).toBe(fault);
  });
});

describe('a guarded store', () => {
  async function open() {
    const store = await openSqliteStore({ file: ':memory:', clock: () => 1 });
    let failure: Error | null = null;
    const failing =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (failure) throw failure;
        return call(...args);
      };
    const guarded = guardStore({
      ...store,
      findJob: failing(store.findJob),
      createJob: failing(store.createJob),
      saveStep: failing(store.saveStep),
      ping: failing(store.ping),
    });
    const onFault = vi.fn();
    guarded.onFault(onFault);
    return {
      store: guarded,
      onFault,
      fail(error: Error | null) {
        failure = error;
      },
    };
  }

  it('answers with store_unavailable while the database is away, and says so once', async () => {
    const { store, onFault, fail } = await open();
    fail(sqlite(13));
    for (const call of [store.findJob('x'), store.createJob(createIntent(), 'a', 1), store.ping()]) {
      await expect(call).rejects.toMatchObject({ code: 'store_unavailable', retryAfterS: 5 });
    }
    expect(onFault.mock.calls).toEqual([['unavailable', sqlite(13)]]);
    fail(null);
    await store.ping();
    fail(sqlite(13));
    await expect(store.ping()).rejects.toThrow();
    expect(onFault).toHaveBeenCalledTimes(2);
    await store.close();
  });

  it('takes no order and sends none once the database is damaged, but still writes outcomes', async () => {
    const { store, onFault, fail } = await open();
    const { lease } = await createClaim(store);
    fail(sqlite(11));
    await expect(store.findJob('x')).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(onFault.mock.calls).toEqual([['corrupt', sqlite(11)]]);
    fail(null);
    const keep = { keep: true, leaseMs: LEASE_MS } as const;
    for (const call of [
      store.createJob(createIntent(), 'a', LEASE_MS),
      store.claimDue('a', 1, LEASE_MS),
      store.saveStep(lease, { status: 'submitting' }, keep),
      store.ping(),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'store_unavailable', message: /damaged/ });
    }
    expect(await store.saveStep(lease, { status: 'rejected' }, keep)).toMatchObject({ status: 'rejected' });
    await store.close();
  });

  it('passes on what is about something else', async () => {
    const { store, onFault, fail } = await open();
    fail(new TypeError('a bug'));
    await expect(store.findJob('x')).rejects.toThrow(TypeError);
    expect(onFault).not.toHaveBeenCalled();
    await store.close();
  });
});
