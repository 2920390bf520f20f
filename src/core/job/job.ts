// What a job is and how it may move: forward only, and never out of a terminal state.

export const JOB_STATUSES = [
  'queued',
  'submitting',
  'pending',
  'in_progress',
  'completed',
  'failed',
  'cancelled',
  'expired',
  'rejected',
  'submission_unknown',
  'not_accepted',
  'written_off',
] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

const NEXT: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['submitting', 'rejected', 'cancelled'],
  // Back to `queued` only where nothing was bought for certain: the attempt is proven never to have left this machine,
  // or upstream refused it for now. Another model's turn (attempt.ts) re-enters at `queued` as an attempt of its own.
  submitting: ['queued', 'pending', 'in_progress', 'completed', 'rejected', 'submission_unknown'],
  submission_unknown: [
    'pending',
    'in_progress',
    'completed',
    'failed',
    'cancelled',
    'expired',
    'not_accepted',
    'written_off',
  ],
  // The last two by an operator alone, where upstream says nothing that can be followed.
  pending: ['in_progress', 'completed', 'failed', 'cancelled', 'expired', 'not_accepted', 'written_off'],
  in_progress: ['completed', 'failed', 'cancelled', 'expired', 'not_accepted', 'written_off'],
  completed: [],
  failed: [],
  cancelled: [],
  expired: [],
  rejected: [],
  not_accepted: [],
  written_off: [],
};

/** True where nothing can follow: the job's outcome is known for good. */
export const isTerminal = (status: JobStatus): boolean => NEXT[status].length === 0;

/** True where `to` is a step forward from `from` (staying in place is not a step). */
export const mayMove = (from: JobStatus, to: JobStatus): boolean => NEXT[from].includes(to);

/** True where only an operator can say what became of a job, or may because upstream does not. */
export const isResolvable = ({ status, unclearSince }: Pick<Job, 'status' | 'unclearSince'>): boolean =>
  status === 'submission_unknown' || (!isTerminal(status) && unclearSince !== null);

/** True where the present attempt is proven not to have been accepted: upstream refused it, or an operator found so. */
export const isNotPurchased = (status: JobStatus): boolean =>
  status === 'rejected' || status === 'not_accepted';

/** Codes of the errors that a job has beside those of a refused submit. */
export const JOB_ERROR_CODES = [
  'submission_unknown',
  'upstream_unclear',
  'upstream_lost',
  'upstream_failed',
  'upstream_cancelled',
  'upstream_expired',
] as const;

/** Why a job ended badly, in words for the caller. */
export interface JobError {
  readonly code: string;
  readonly message: string;
}

/** How far a job may go down its list of candidates. */
export interface FallbackTerms {
  /** Candidates tried in all, the first included. */
  readonly maxAttempts: number;
  readonly maxTotalMicroUsd: number;
}

/** The body sent to upstream, in upstream's names, exactly as it goes on the wire. */
export type SubmitBody = Readonly<Record<string, unknown>> & { readonly model: string };

/** One paid intent and all we know of it. Times are epoch milliseconds, money integer micro-dollars. */
export interface Job {
  readonly id: string;
  readonly clientId: string;
  /** With which of its keys the client ordered; null where keys are not asked for. */
  readonly keyId: string | null;
  readonly status: JobStatus;
  readonly model: string;
  /** As answers show it: `data:` URLs and other long values are cut (`cutRequest`). */
  readonly request: SubmitBody;
  /** Names the whole body in the store; null where `request` is the whole. */
  readonly bodyHash: string | null;
  /** 128 random bits in hex that name this intent to upstream's webhook; unguessable, never shown to clients. */
  readonly nonce: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Increases by one with every saved change. */
  readonly version: number;
  /** When the first byte of the submit was allowed to leave. */
  readonly submittedAt: number | null;
  readonly finishedAt: number | null;
  /** What the clip was expected to take when it was planned, for pacing polls. */
  readonly expectedMs: number | null;
  /** The cost estimate that the caller received. */
  readonly estimatedMicroUsd: number | null;
  /** The most it was said to cost; null = unknown. */
  readonly ceilingMicroUsd: number | null;
  /** What the price list alone said, for holding the bill against; null where it said nothing definite. */
  readonly listMicroUsd: number | null;
  readonly actualMicroUsd: number | null;
  readonly isByok: boolean | null;
  readonly upstreamId: string | null;
  readonly generationId: string | null;
  readonly outputCount: number;
  readonly submitAttempts: number;
  readonly polls: number;
  /** When upstream first said that it knows no such job, and how often since, with no other answer between. */
  readonly missingSince: number | null;
  readonly missingPolls: number;
  /** Since when upstream answers with nothing that is a state we know of; null while it does, or does not answer. */
  readonly unclearSince: number | null;
  /** What upstream says of the job beside a status that we know, or in its place. */
  readonly statusDetail: string | null;
  readonly error: JobError | null;
  /** Which candidate's turn it is, from 1. Everything above speaks of this attempt; `Attempt` of those before. */
  readonly attempt: number;
  /** What the caller allowed to be tried after the first candidate; null = nothing. */
  readonly fallback: FallbackTerms | null;
  /** How long after `createdAt` a refusal that holds only for now is waited out; null where a caller is waiting. */
  readonly patienceMs: number | null;
  /** The job whose intent this one sends again. */
  readonly resubmitOf: string | null;
  /** The URL that is notified when the job ends. */
  readonly callbackUrl: string | null;
  /** When its client removed it from the list of videos; null = it is on it. */
  readonly hiddenAt: number | null;
  /** When its clips were removed on purpose: none is fetched for it any more. */
  readonly clipsRemovedAt: number | null;
  /** When its request was erased but for what its price depended on. */
  readonly bodyErasedAt: number | null;
  /** Since when it waits, unsent, for other jobs of its client or key to end; null = it does not. */
  readonly waitingSince: number | null;
  /** The caller's own words for what it is for: filters of the list, groups of spend. */
  readonly tags: readonly string[];
  /** The caller's own id for it. */
  readonly reference: string | null;
  /** The Idempotency-Key of its order; null = none, or of before it was kept. */
  readonly idempotencyKey: string | null;
  /** The request that ordered it; null for orders from before that was kept. */
  readonly requestId: string | null;
  /** The order's place in a trace, as a `traceparent` header; null = in none. */
  readonly traceparent: string | null;
}

/** The fields a saved step may change; what is absent stays. */
export type JobChange = Partial<
  Pick<
    Job,
    | 'status'
    | 'submittedAt'
    | 'finishedAt'
    | 'actualMicroUsd'
    | 'isByok'
    | 'upstreamId'
    | 'generationId'
    | 'outputCount'
    | 'submitAttempts'
    | 'polls'
    | 'missingSince'
    | 'missingPolls'
    | 'unclearSince'
    | 'statusDetail'
    | 'error'
  >
>;

/** A clip kept in the archive: its place is a name relative to the archive's folder. */
export interface StoredOutput {
  readonly jobId: string;
  readonly index: number;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
}
