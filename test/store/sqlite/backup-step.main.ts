// Backs up or restores a SQLite file in a process that is killed at the step KILL_AT.

import { startCounting } from './kill-at.main.ts';

// After the calls it makes are replaced.
const { backupSqlite, restoreSqlite } = await import('../../../src/store/sqlite/backup.ts');
const [command, from, to] = process.argv.slice(2);
startCounting();
if (command === 'backup') await backupSqlite(from!, to!);
else await restoreSqlite(from!, to!, Date.now);
