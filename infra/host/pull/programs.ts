/** Which programs are installed, and the request for others: pull mode itself may not install anything. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Programs } from "./puller.ts";
import { installedPrograms } from "./settings.ts";

/** Folder of pull mode on tmpfs; a systemd path unit watches `programs` in it and runs the installation as root. */
const FOLDER = "/run/headend-pull";
/** Written by the installation when it failed: the archive's hash in the first line, then why. */
const FAILURE = "/run/headend-install/failure";

export function hostPrograms(folder: string = FOLDER, failure: string = FAILURE): Programs {
  let wanted = "";
  return {
    installed: () => installedPrograms(),
    want(sha256) {
      if (wanted === sha256) return;
      wanted = sha256;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "programs"), `${sha256}\n`);
    },
    problem(sha256) {
      let text: string;
      try { text = readFileSync(failure, "utf8"); } catch { return null; }
      const [of = "", ...why] = text.split("\n");
      return of.trim() === sha256 ? `Programs ${sha256.slice(0, 12)} could not be installed:\n${why.join("\n").trim()}` : null;
    },
  };
}
