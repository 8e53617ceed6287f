/** The wall clock of one container's programs, settable while they run: containers share the machine's clock, so Debian's libfaketime stands between. */
import { existsSync } from "node:fs";
import { containerExec, docker } from "./docker.ts";

const LIBRARY = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((arch) => `/usr/lib/${arch}/faketime/libfaketime.so.1`);
/** Programs of a transcoder that read the wall clock. */
const CLOCKED = ["/usr/bin/ffmpeg", "/usr/bin/node"];
const INSIDE = "/usr/local/lib/headend-faketime.so", CLOCK = "/tmp/headend-clock";

const library = (): string | undefined => LIBRARY.find((file) => existsSync(file));

/** Why clocks cannot be set here; null when they can. */
export const noFaketime = (): string | null => (library() === undefined ? "containers share this machine's clock, and libfaketime, which can set one apart, is not installed (apt-get install libfaketime)" : null);

export interface SettableClock {
  /** Moves the clock to so many seconds beside the truth. Programs that run under it see it at once, as a step. */
  readonly step: (seconds: number) => Promise<void>;
  /** The programs as they were, from their next start on. */
  readonly undo: () => Promise<void>;
}

/**
 * Lets the next start of FFmpeg and Node in a container be under a settable clock that is right at first. The monotonic clock stays true, as
 * on a host whose clock is set. @throws Error when libfaketime is missing, or the container cannot be changed
 */
export async function settableClock(container: string): Promise<SettableClock> {
  const from = library();
  if (from === undefined) throw new Error(noFaketime() ?? "no libfaketime");
  const sh = async (script: string): Promise<void> => {
    const { code, stderr } = await containerExec(container, ["sh", "-ec", script]);
    if (code !== 0) throw new Error(`${container}: ${stderr.trim()}`);
  };
  await docker(["cp", "-L", from, `${container}:${INSIDE}`]);
  const step = (seconds: number): Promise<void> => sh(`echo '${seconds >= 0 ? "+" : ""}${seconds}' > ${CLOCK}.new; chmod 644 ${CLOCK}.new; mv ${CLOCK}.new ${CLOCK}`);
  await step(0);
  const environment = `LD_PRELOAD=${INSIDE} FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 FAKETIME_TIMESTAMP_FILE=${CLOCK} FAKETIME_NO_CACHE=1`;
  const wrap = (program: string): string => `[ -e ${program}.true ] || mv ${program} ${program}.true; printf '#!/bin/sh\\n${environment} exec ${program}.true "$@"\\n' > ${program}; chmod 755 ${program}`;
  await sh(CLOCKED.map(wrap).join("; "));
  return { step, undo: () => sh(CLOCKED.map((program) => `mv ${program}.true ${program}`).join("; ")) };
}
