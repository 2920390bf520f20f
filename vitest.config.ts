import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A test waits for what it needs, never for time to pass; this is the bound for a hung one.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Much of a test is waiting for a child process: the one core that is left free by default would stay idle.
    maxWorkers: '100%',
    restoreMocks: true,
    coverage: { include: ['src/**'] },
  },
});
