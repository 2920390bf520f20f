// What the service asks of a store about clips that the archive holds.

import type { StoredOutput } from '../../core/job/job.ts';

export interface OutputStore {
  saveOutput(output: StoredOutput): Promise<void>;
  /** What the archive holds of these jobs. */
  getOutputs(jobIds: readonly string[]): Promise<StoredOutput[]>;
}
