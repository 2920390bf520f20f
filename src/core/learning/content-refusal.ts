// Distinguishes a provider that refuses the content of a clip from a model that fails.

// What providers say when a prompt, an input or the finished picture is against their rules, or an input is of no use.
const OF_CONTENT =
  /moderat|content[\s_-]*(polic|filter|violat|restrict|safety)|safety|flagged|nsfw|sensitive|prohibited|inappropriate|copyright|usage polic|violat\w* .{0,40}polic|polic\w* violat|(invalid|unsupported|unreadable|corrupt\w*) (input|image|video|audio|reference|prompt)|(could not|cannot|failed to|unable to) (download|fetch|read|decode|load) .{0,40}(image|video|audio|reference|url|input|media)/i;

/** True where these words of a failure blame the input or what it shows, which says nothing of the model's reliability. */
export const isContentRefusal = (message: string): boolean => OF_CONTENT.test(message);
