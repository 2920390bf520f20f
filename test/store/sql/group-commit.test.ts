// Group commit: writes of one moment share a commit, a failed one is alone, and no promise precedes its commit.

import { Kysely, SqliteDialect, sql } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import type { Queries, WriteUnit } from '../../../src/store/sql/database.ts';
import { createGroupCommit } from '../../../src/store/sql/group-commit.ts';
import { createKyselyDatabase, loadSqlite } from '../../../src/store/sqlite/sqlite-driver.ts';

let db: Queries;
/** What reached the database, statement by statement, in order. */
let statements: string[];
/** Makes the next statement that begins so fail. */
let broken: string | null;

beforeEach(async () => {
  statements = [];
  broken = null;
  const handle = new (await loadSqlite()).DatabaseSync(':memory:');
  handle.exec('create table notes (body text not null unique)');
  const database = createKyselyDatabase(handle, () => 0);
  db = new Kysely({
    dialect: new SqliteDialect({
      database: {
        ...database,
        prepare(text) {
          statements.push(text);
          if (broken !== null && text.startsWith(broken)) {
            broken = null;
            throw new Error('disk I/O error');
          }
          return database.prepare(text);
        },
      },
    }),
  });
});

const insert =
  (body: string | null): WriteUnit<string> =>
  async (connection) => {
    await sql`insert into notes values (${body})`.execute(connection);
    return { value: `wrote ${body}`, changed: [`job_${body}`] };
  };

const bodies = async (): Promise<string[]> =>
  (await sql<{ body: string }>`select body from notes order by body`.execute(db)).rows.map((row) => row.body);

const countOf = (statement: string): number => statements.filter((text) => text === statement).length;

it('commits what arrives together in one transaction, in order', async () => {
  const announced: string[][] = [];
  const group = createGroupCommit(db, (ids) => announced.push([...ids]), { begin: 'begin immediate' });
  const results = await Promise.all([
    group.write(insert('a')),
    group.write(insert('b')),
    group.write(insert('c')),
  ]);
  expect(results).toEqual(['wrote a', 'wrote b', 'wrote c']);
  expect(countOf('commit')).toBe(1);
  expect(announced).toEqual([['job_a', 'job_b', 'job_c']]);
});

it('bounds a group', async () => {
  const group = createGroupCommit(db, () => {}, { begin: 'begin immediate' });
  await Promise.all(Array.from({ length: 300 }, (_, i) => group.write(insert(String(i)))));
  expect(countOf('commit')).toBe(3);
});

it('undoes a unit that fails, wholly and alone', async () => {
  const group = createGroupCommit(db, () => {}, { begin: 'begin immediate' });
  const half: WriteUnit<void> = async (connection) => {
    await insert('half')(connection);
    await insert(null)(connection);
    return { value: undefined, changed: [] };
  };
  const settled = await Promise.allSettled([
    group.write(insert('a')),
    group.write(half),
    group.write(insert('b')),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await bodies()).toEqual(['a', 'b']);
});

it('settles nothing before the commit', async () => {
  const group = createGroupCommit(db, () => {}, { begin: 'begin immediate' });
  let committedWhenSettled = 0;
  await group.write(insert('a')).then(() => {
    committedWhenSettled = countOf('commit');
  });
  expect(committedWhenSettled).toBe(1);
});

it.each(['commit', 'rollback to', 'begin'])(
  'fails the whole group where "%s" fails, and goes on',
  async (statement) => {
    const announced: string[] = [];
    const group = createGroupCommit(db, (ids) => announced.push(...ids), { begin: 'begin immediate' });
    broken = statement;
    const settled = await Promise.allSettled([group.write(insert('a')), group.write(insert(null))]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(announced).toEqual([]);
    expect(await bodies()).toEqual([]);
    expect(await group.write(insert('later'))).toBe('wrote later');
    expect(await bodies()).toEqual(['later']);
  },
);

it('finishes what is queued when it closes, and takes nothing more', async () => {
  const group = createGroupCommit(db, () => {}, { begin: 'begin immediate' });
  const queued = [group.write(insert('a')), group.write(insert('b'))];
  await group.close();
  expect(await Promise.all(queued)).toEqual(['wrote a', 'wrote b']);
  await expect(group.write(insert('c'))).rejects.toThrow('The store is closed.');
});
