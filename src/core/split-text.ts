// Splits long text into parts that are small enough to be hashed, written or sent one by one.

/** At most `characters` each, and never between the halves of a surrogate pair, which neither UTF-8 nor a database takes. */
export function splitText(text: string, characters: number): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    let to = Math.min(text.length, from + characters);
    const last = text.charCodeAt(to - 1);
    if (to < text.length && last >= 0xd800 && last <= 0xdbff) to -= 1;
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}
