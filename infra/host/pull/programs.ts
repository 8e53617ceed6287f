/** Which programs are installed, and the request for others: pull mode itself may not install anything. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Programs } from "./puller.ts";
import { installedPrograms } from "./settings.ts";

/** Folder of pull mode on tmpfs; a systemd path unit watches `programs` in it and runs the installation as root. */
const FOLDER = "/run/headend-pull";
/** Written by the installation when it failed: the archive's hash in the first line, then why. */
const FAILURE = "/run/headend-install/failure";
/** A request without any answer for so long is made again. */
const UNANSWERED_MS = 20 * 60_000;

/** @param installed what is installed; tests give their own */
export function hostPrograms(folder: string = FOLDER, failure: string = FAILURE, installed: () => string = installedPrograms): Programs {
  const request = join(folder, "programs");
  const text = (sha256: string, attempt: string): string => `${sha256}\n${attempt}\n`;
  const asked = (sha256: string, attempt: string): number | null => {
    try { return readFileSync(request, "utf8") === text(sha256, attempt) ? statSync(request).mtimeMs : null; } catch { return null; }
  };
  return {
    installed,

    want(sha256, attempt) {
      const at = asked(sha256, attempt);
      if (at !== null && Date.now() - at < UNANSWERED_MS) return;
      mkdirSync(folder, { recursive: true });
      writeFileSync(request, text(sha256, attempt));
    },

    problem(sha256, attempt) {
      const at = asked(sha256, attempt);
      if (at === null) return null;
      try {
        const [of = "", ...why] = readFileSync(failure, "utf8").split("\n");
        if (of.trim() !== sha256 || statSync(failure).mtimeMs < at) return null;
        return `Programs ${sha256.slice(0, 12)} could not be installed:\n${why.join("\n").trim()}`;
      } catch { return null; }
    },
  };
}
