// How the demo speaks: steps, tables and one line that moves; colour and movement only where a person watches.

export interface Screen {
  step(title: string): void;
  say(text?: string): void;
  /** First row is the heading. Columns whose cells look like numbers are aligned to the right. */
  table(rows: readonly (readonly string[])[]): void;
  /** Replaces the line that moves; where nobody watches, prints it only when `key` changes. */
  progress(key: string, text: string): void;
  /** Lets the moving line stand. */
  settle(): void;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
}

const CLEAR_LINE = '\r\u001b[2K';
const NUMERIC = /^[#$]?[\d.,~]+( s)?$/;

/** @param colours also turns the moving line on. */
export function createScreen(out: NodeJS.WritableStream, colours: boolean): Screen {
  const paint = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const [bold, dim, green, cyan] = [paint(1), paint(2), paint(32), paint(36)];
  let steps = 0;
  let lastKey: string | null = null;

  const say = (text = '') => {
    out.write(text === '' ? '\n' : `  ${text.replaceAll('\n', '\n  ')}\n`);
  };

  return {
    bold,
    dim,
    green,
    say,
    step(title) {
      out.write(`\n${cyan(`${++steps}.`)} ${bold(title)}\n`);
    },
    table(rows) {
      const [heading = []] = rows;
      const widths = heading.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
      const right = heading.map((_, column) => rows.slice(1).every((row) => NUMERIC.test(row[column] ?? '')));
      for (const [index, row] of rows.entries()) {
        const line = row
          .map((cell, column) => {
            const width = widths[column] ?? 0;
            return right[column] ? cell.padStart(width) : cell.padEnd(width);
          })
          .join('  ')
          .trimEnd();
        say(index === 0 ? dim(line) : index === 1 ? bold(line) : line);
      }
    },
    progress(key, text) {
      if (colours) out.write(`${CLEAR_LINE}  ${text}`);
      else if (key !== lastKey) say(text);
      lastKey = key;
    },
    settle() {
      if (colours && lastKey !== null) out.write('\n');
      lastKey = null;
    },
  };
}
