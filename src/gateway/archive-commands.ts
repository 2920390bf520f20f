// The commands for clips: copy the archive, and print what retention would remove.

import { parseArchiveUrl } from '../config/archive-url.ts';
import type { Config } from '../config/variables.ts';
import { ClipgateError } from '../core/errors.ts';
import { copyArchive } from '../service/clips/archive-copy.ts';
import { planExpiry } from '../service/clips/expiry.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import { expiryLimitsOf, openArchive } from './archive-parts.ts';

export interface ArchiveCommandParts {
  readonly config: Config;
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Receives one line for the operator. */
  readonly say: (line: string) => void;
}

/**
 * Copies every clip from one place to another; both as in ARCHIVE_URL, or a folder.
 * @throws ClipgateError where a place cannot be used, or a clip was not copied.
 */
export async function runArchiveCopy(
  { from, to }: { readonly from: string; readonly to: string },
  { config, clock, random, say }: ArchiveCommandParts,
): Promise<void> {
  const context = { config, clock, monotonic: clock, random };
  const open = (name: string, url: string) => {
    const location = parseArchiveUrl(url);
    if (!location)
      throw new ClipgateError(
        'internal',
        `${name} must be a folder, file:<folder> or s3://<bucket>/<prefix>`,
      );
    return openArchive(location, context);
  };
  const source = open('--from', from);
  const target = open('--to', to);
  try {
    await target.storage.start(clock());
    const { ok, detail } = await target.storage.health();
    if (!ok) throw new ClipgateError('internal', `--to cannot be used: ${detail}. Nothing was copied.`);
    const { copied, copiedBytes, present, failed } = await copyArchive(source.storage, target.storage, say);
    say(
      `Copied ${copied} clips (${copiedBytes} bytes); ${present} were already there; ${failed.length} failed.`,
    );
    if (failed.length > 0) {
      throw new ClipgateError(
        'internal',
        'Some clips were not copied. Correct the causes above and run the command again: it skips what it has copied.',
      );
    }
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

/** Prints what retention would remove now, and removes nothing. */
export async function runRetentionDryRun(
  store: JobStore,
  { config, clock, say }: Omit<ArchiveCommandParts, 'random'>,
): Promise<void> {
  const limits = expiryLimitsOf(config);
  const { begunClips, oldClips, excessClips, oldRequests } = await planExpiry({ store, clock }, limits);
  const { clips, bytes } = await store.archiveStats();
  say(`The archive holds ${clips} clips, ${bytes} bytes.`);
  if (begunClips.jobs > 0) {
    say(
      `The clips of ${begunClips.jobs} jobs, ${begunClips.bytes} bytes of these, are being removed already.`,
    );
  }
  say(
    limits.clipMs === null
      ? 'RETENTION_CLIP_DAYS is unset: clips are not removed by age.'
      : `RETENTION_CLIP_DAYS would remove the clips of ${oldClips.jobs} jobs, ${oldClips.bytes} bytes.`,
  );
  say(
    limits.maxBytes === null
      ? 'ARCHIVE_MAX_BYTES is unset: clips are not removed to save space.'
      : `ARCHIVE_MAX_BYTES would then remove the oldest clips: those of ${excessClips.jobs} jobs, ${excessClips.bytes} bytes.`,
  );
  say(
    limits.requestMs === null
      ? 'RETENTION_REQUEST_DAYS is unset: requests are not erased.'
      : `RETENTION_REQUEST_DAYS would erase the requests of ${oldRequests} jobs.`,
  );
}
