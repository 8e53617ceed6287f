import { spawn } from "node:child_process";

/** Opens a page in the user's browser; where there is none, the printed address must do. */
export function openPage(url: string): void {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  spawn(program, [url], { stdio: "ignore", detached: true }).on("error", () => { /* no desktop here */ }).unref();
}
