// What the service asks of a store about clips that the archive holds.

import type { StoredOutput } from '../../core/job/job.ts';

export interface OutputStore {
  /** False where the clips of the job were removed for good: nothing was written. @throws where there is no such job. */
  saveOutput(output: StoredOutput): Promise<boolean>;
  /** What the archive holds of these jobs. */
  getOutputs(jobIds: readonly string[]): Promise<StoredOutput[]>;
}
