// Says when a price applies to a clip, and which of two prices that both apply is the stronger.

export type PriceMode = 'text_to_video' | 'image_to_video' | 'reference_to_video';

/** What must be true of a clip for a price to apply. An absent field asks nothing. */
export interface PriceCondition {
  readonly mode?: PriceMode;
  readonly audio?: boolean;
  /** Lower-cased: capabilities spell `4K` where price keys spell `4k`. */
  readonly resolution?: string;
  readonly continuation?: true;
  readonly videoInput?: true;
  readonly creativity?: 'precise' | 'creative';
}

/** One way upstream may run a clip: every field a price can ask about, settled. */
export interface Circumstances {
  readonly mode: PriceMode;
  readonly audio: boolean;
  /** Lower-cased; null where the model leaves it to its input. */
  readonly resolution: string | null;
  readonly continuation: boolean;
  readonly videoInput: boolean;
  /** null where it is not known: then no price that asks for one applies. */
  readonly creativity: 'precise' | 'creative' | null;
}

/** Whether everything the condition asks for holds. */
export function applies(when: PriceCondition, clip: Circumstances): boolean {
  return (
    (when.audio === undefined || when.audio === clip.audio) &&
    (when.resolution === undefined || when.resolution === clip.resolution) &&
    (when.mode === undefined || when.mode === clip.mode) &&
    (when.continuation === undefined || clip.continuation) &&
    (when.videoInput === undefined || clip.videoInput) &&
    (when.creativity === undefined || when.creativity === clip.creativity)
  );
}

/**
 * How strong a condition is; among prices that apply the highest wins.
 *
 * Sound comes first because a bill says so: Kling with sound costs its untiered `_with_audio` 0.168, not the
 * mode-and-tier key's 0.112. Silence comes last because it has to: Seedance 2.0 lists one `_without_audio`
 * price for every tier, and at 4k it is dearer than the tier's own, so letting it win would charge more for
 * silence than for sound. Each weight exceeds the sum of those below it: this is an order, not a score.
 */
export function precedenceOf(when: PriceCondition): number {
  return (
    (when.audio === true ? 64 : 0) +
    (when.continuation ? 32 : 0) +
    (when.videoInput ? 16 : 0) +
    (when.mode ? 8 : 0) +
    (when.creativity ? 4 : 0) +
    (when.resolution === undefined ? 0 : 2) +
    (when.audio === false ? 1 : 0)
  );
}

/**
 * Whether the bills, or plain specificity, leave no doubt that `winner` is charged and `rival` is not.
 * The winner settles a rival that asks nothing the winner does not ask; and a `_with_audio` winner settles any
 * that ask for a frame, text or a tier besides (seen on Kling). Everything else is two readings of one list.
 */
export function settles(winner: PriceCondition, rival: PriceCondition): boolean {
  const soundWins = winner.audio === true;
  return (
    (rival.audio === undefined || rival.audio === winner.audio) &&
    (rival.continuation === undefined || rival.continuation === winner.continuation) &&
    (rival.videoInput === undefined || rival.videoInput === winner.videoInput) &&
    (rival.creativity === undefined || rival.creativity === winner.creativity) &&
    (rival.mode === undefined ||
      rival.mode === winner.mode ||
      (soundWins && rival.mode !== 'reference_to_video')) &&
    (rival.resolution === undefined || rival.resolution === winner.resolution || soundWins)
  );
}
