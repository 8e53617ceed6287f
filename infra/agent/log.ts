/** One line per event on stdout: time, level, stream, text; the host's supervisor keeps it. */
export type Level = "info" | "warn" | "error";
export type Log = (level: Level, message: string) => void;

export function logFor(scope: string): Log {
  return (level, message) => { process.stdout.write(`${new Date().toISOString()} ${level} ${scope}: ${message}\n`); };
}

/** Lets at most `burst` messages through in `windowSeconds`, then says once that it holds back; FFmpeg can print thousands a second. */
export function limited(log: Log, burst: number, windowSeconds: number, mono: () => number): Log {
  let start = -Infinity;
  let count = 0;
  return (level, message) => {
    if (mono() - start > windowSeconds) { start = mono(); count = 0; }
    count += 1;
    if (count <= burst) log(level, message);
    else if (count === burst + 1) log(level, `more messages like the last are held back for ${windowSeconds} s`);
  };
}
