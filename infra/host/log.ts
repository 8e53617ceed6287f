/** Service output: split into lines, kept for failure reports, and never with a secret in it. */

const SHORTEST_SECRET = 6;   // shorter values would blot out ordinary words

/** Replaces known secret values in text by "[secret]". */
export class Redactor {
  private pattern: RegExp | null = null;

  /** Sets the values to hide. Of values with several lines (keys, certificates) each long line is hidden. */
  setSecrets(values: readonly string[]): void {
    const parts = values.flatMap((v) => v.includes("\n") ? v.split("\n").filter((l) => l.length >= 16 && !l.startsWith("-----")) : [v])
      .filter((v) => v.length >= SHORTEST_SECRET)
      .sort((a, b) => b.length - a.length)
      .map((v) => v.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    this.pattern = parts.length === 0 ? null : new RegExp([...new Set(parts)].join("|"), "g");
  }

  readonly redact = (text: string): string => this.pattern === null ? text : text.replace(this.pattern, "[secret]");
}

/** The last `size` lines. */
export class RecentLines {
  private readonly lines: string[] = [];
  /** Lines ever added; a mark for {@link since}. */
  count = 0;

  constructor(private readonly size = 200) {}

  add(line: string): void {
    this.lines.push(line);
    this.count++;
    if (this.lines.length > this.size) this.lines.shift();
  }

  last(n: number): readonly string[] { return this.lines.slice(-n); }

  /** Lines added after `mark`, as far as they are still kept. */
  since(mark: number): readonly string[] {
    const fresh = Math.min(this.count - mark, this.lines.length);
    return fresh <= 0 ? [] : this.lines.slice(-fresh);
  }
}

const LONGEST_LINE = 8192;

/** Turns chunks into lines; a carriage return (progress output) ends a line too, and very long lines are cut. */
export function lineSplitter(onLine: (line: string) => void): { push(chunk: string): void; end(): void } {
  let rest = "";
  return {
    push(chunk) {
      const lines = (rest + chunk).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") onLine(line.slice(0, LONGEST_LINE));
      if (rest.length > LONGEST_LINE) { onLine(rest.slice(0, LONGEST_LINE)); rest = ""; }
    },
    end() { if (rest !== "") onLine(rest); rest = ""; },
  };
}
