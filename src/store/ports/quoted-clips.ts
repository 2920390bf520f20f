// What the service asks of a store about clips that were quoted: kept until they are bought, or the quote has expired.

/** A clip with the quote that it may be bought by. */
export interface QuotedClip {
  /** Random and unguessable: a bearer token that lets this client buy the clip. */
  readonly id: string;
  readonly clientId: string;
  /** What buys it. */
  readonly content: string;
  /** How long the quote is good, in milliseconds. */
  readonly lifeMs: number;
}

/** How much is kept of one client. */
export interface QuotedClipLimits {
  readonly clips: number;
  readonly bytes: number;
}

export type QuoteClaim =
  /** `content` null: the clip was bought under this very key. */
  | { readonly kind: 'claimed'; readonly content: string | null }
  /** It belongs to another key, whether or not that one bought it. */
  | { readonly kind: 'used' }
  | { readonly kind: 'none' };

export interface QuotedClipStore {
  /** Keeps a clip. Of what the client has beyond the limits the oldest goes, and with it what has long expired. */
  keepQuotedClip(clip: QuotedClip, limits: QuotedClipLimits): Promise<void>;
  /**
   * Binds a clip to the first idempotency key that asks for it: under another one it is not to be had any more.
   * An expired one is found for as long as it is there.
   */
  claimQuotedClip(id: string, clientId: string, idempotencyKey: string): Promise<QuoteClaim>;
  /** Drops the content of a clip that was bought; which key it belongs to stays known. */
  dropQuotedContent(id: string, clientId: string): Promise<void>;
  /** Removes what expired a while ago, at most `limit`; resolves to how many. */
  purgeQuotedClips(limit: number): Promise<number>;
}
