// A token bucket: how many requests a minute a caller may make, in bursts of up to a minute's worth.

/** The state of one caller's bucket. `at` is the time of the last change in milliseconds of a monotonic clock. */
export interface TokenBucket {
  readonly tokens: number;
  readonly at: number;
}

export interface TokenTaken {
  readonly bucket: TokenBucket;
  readonly allowed: boolean;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Milliseconds until the next token; 0 where one is left. */
  readonly retryInMs: number;
  /** Milliseconds until the bucket is full again. */
  readonly fullInMs: number;
}

const MINUTE_MS = 60_000;

/** A refusal takes nothing. @param bucket null for a caller not seen before, whose bucket is full. */
export function takeToken(bucket: TokenBucket | null, perMinute: number, now: number): TokenTaken {
  const perMs = perMinute / MINUTE_MS;
  const elapsed = bucket === null ? 0 : Math.max(0, now - bucket.at);
  const filled = bucket === null ? perMinute : Math.min(perMinute, bucket.tokens + elapsed * perMs);
  const allowed = filled >= 1;
  const tokens = allowed ? filled - 1 : filled;
  return {
    bucket: { tokens, at: now },
    allowed,
    remaining: Math.floor(tokens),
    retryInMs: tokens >= 1 ? 0 : Math.ceil((1 - tokens) / perMs),
    fullInMs: Math.ceil((perMinute - tokens) / perMs),
  };
}
