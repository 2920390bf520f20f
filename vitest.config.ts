import { configDefaults, defineConfig } from 'vitest/config';

/** Tests of modules that keep nothing between calls: their files share a process, so that each is imported once. */
const UNITS = ['core', 'config', 'metrics', 'outbound'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'units', include: UNITS, isolate: false } },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...UNITS],
        },
      },
    ],
    // A test waits for what it needs, never for time to pass; this is the bound for a hung one.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Much of a test is waiting for a child process: the one core that is left free by default would stay idle.
    maxWorkers: '100%',
    restoreMocks: true,
    coverage: { include: ['src/**'] },
  },
});
