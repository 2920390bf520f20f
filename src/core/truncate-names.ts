// Truncates names that a caller made up before they are echoed: recognisable, and bounded in length and number.

const MAX_LENGTH = 100;
const MAX_NAMES = 20;

/** What is cut ends in an ellipsis; behind the twentieth stands how many more there are. */
export function truncateNames(names: readonly string[]): string[] {
  const told = names.slice(0, MAX_NAMES).map(shorten);
  return names.length > MAX_NAMES ? [...told, `and ${names.length - MAX_NAMES} more`] : told;
}

const shorten = (name: string): string =>
  // Of a surrogate pair no half is left.
  name.length > MAX_LENGTH ? `${name.slice(0, MAX_LENGTH).replace(/[\ud800-\udbff]$/, '')}…` : name;
