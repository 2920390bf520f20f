// Time limits and concurrency limits that no variable sets.

/** To OpenRouter. A submit's own limit is SUBMIT_TIMEOUT_MS. */
export const UPSTREAM = { connectMs: 10_000, readMs: 30_000, stallMs: 60_000 };

// A fetch is given up well after its own limit: both model lists are read, one after the other at worst.
export const CATALOG = { retryMs: 5_000, flightMs: 2 * UPSTREAM.readMs };

/** To the bucket. An upload is one request however long the clip is: at 8 MB/s 4 GB take this long. */
export const S3 = { connectMs: 5_000, stallMs: 15_000, wholeMs: 15_000, uploadMs: 600_000, retryMs: 200 };

export const STEPS = {
  concurrency: 128,
  archives: { total: 32, perClient: 24 },
  leaseMs: UPSTREAM.readMs + 15_000,
  archiveLeaseMs: 180_000,
};

/** Clips fetched at once because somebody reads them. */
export const CLIP_READERS = { total: 160, perClient: 40 };

/** What the lease of a submit has beyond the longest submit: none is declared unknown while it is still under way. */
export const LEASE_MARGIN_MS = 60_000;

// Models rarely change hands.
export const TAGS = { maxAgeMs: 6 * 3_600_000, retryMs: 300_000, timeoutMs: 2_000 };

// OpenRouter fetches these URLs next, with no more patience: an asset that takes longer is as good as missing.
export const MEDIA_AGENT = { connectMs: 5_000, answerMs: 5_000, maxBodyBytes: 1_000_000 };
export const PREFLIGHT = {
  concurrency: 6,
  limits: { total: 48, perClient: 12 },
  probeMs: 10_000,
  deadlineMs: 20_000,
  maxInlineBytes: 20_000_000,
};

/** How long an order may take to be on record: beyond it, where another process looks, the process that took it is dead. */
export const RECORD_MS = PREFLIGHT.deadlineMs + 10_000;

export const CALLBACK_AGENT = { connectMs: 5_000, answerMs: 15_000, maxBodyBytes: 64 * 1024 };
export const CALLBACKS = { concurrency: 32, perHost: 4, leaseMs: 60_000 };

/** How long a revoked key may still be accepted, and how many keys are remembered for that long. */
export const KEYS = { maxAgeMs: 5_000, max: 10_000 };

/** A working day of the console; one that was left open over lunch is still signed in. */
export const SESSIONS = { lifeMs: 12 * 3_600_000, idleMs: 2 * 3_600_000, noteMs: 60_000, maxPerKey: 50 };

/** At a shutdown, how long the request is waited for of a connection that was accepted just before. */
export const ACCEPTED_MS = 100;

/** At a shutdown, how long the rest of a request, or of an answer that has begun, is waited for. */
export const ANSWER_GRACE_MS = 3_000;

/** How long the stop of a part may take that only has to finish what it is doing. */
export const STOP_MS = 10_000;

/** How long the last spans are waited for at a shutdown, and how often it is logged that none can be sent. */
export const TRACES = { stopMs: 3_000, reportMs: 60_000 };

/** How long one reading of a scrape may take, how old sums over whole tables may be, and how many budgets are shown. */
export const METRICS = { readMs: 3_000, sumsMs: 60_000, budgets: 200 };
