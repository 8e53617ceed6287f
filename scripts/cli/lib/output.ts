import Table from "cli-table3";
import picocolors from "picocolors";

type Colors = ReturnType<typeof picocolors.createColors>;

/** True when a stream may get colours: a terminal, unless NO_COLOR (no-color.org) is set; FORCE_COLOR overrules. */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** Colours for standard output. */
export const paint: Colors = picocolors.createColors(wantsColor(process.stdout));
/** Colours for standard error. */
export const paintError: Colors = picocolors.createColors(wantsColor(process.stderr));

/** Writes a line (or several) to standard output. */
export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** Writes a message to standard error, where it does not mix with data. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Writes data as JSON to standard output. */
export function printJson(data: unknown): void {
  print(JSON.stringify(data, null, 2));
}

const NO_LINES = {
  top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "",
  left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  ",
};

/** Rows as aligned columns under a heading; no lines, so that `grep` and `awk` work on it. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[], colors: Colors = paint): string {
  const table = new Table({ chars: NO_LINES, style: { "padding-left": 0, "padding-right": 0, head: [], border: [] } });
  table.push(head.map((h) => colors.dim(h)), ...rows.map((row) => [...row]));
  return table.toString().split("\n").map((line) => line.trimEnd()).join("\n");
}

/** A reader that leaves early (`| head`) is no error: the process ends quietly. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
}

/** "6 Mbps", "800 kbps". */
export function rate(kbps: number): string {
  return kbps >= 1000 ? `${Number((kbps / 1000).toFixed(1))} Mbps` : `${Math.round(kbps)} kbps`;
}

/** "0.4 s", "12 s", "3 min 2 s". */
export function seconds(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
