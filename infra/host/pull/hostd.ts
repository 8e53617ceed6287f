/** The running hostd, asked over its socket. */
import { realClock } from "../clock.ts";
import { messageOf } from "../failure.ts";
import { ask } from "../socket.ts";
import type { HostStatus } from "../status.ts";
import type { Hostd } from "./puller.ts";

const WAIT_MS = 10_000;

/** @param log gets what hostd says while it works */
export function hostdAt(socket: string, log: (line: string) => void): Hostd & { status(): Promise<HostStatus>; drain(on: boolean): Promise<void> } {
  const status = async (): Promise<HostStatus> => {
    let text = "";
    await ask(socket, { op: "status" }, (line) => { text = line; }, realClock, WAIT_MS);
    return JSON.parse(text) as HostStatus;
  };
  return {
    async apply(input) {
      const lines: string[] = [];
      const code = await ask(socket, { op: "apply", input }, (line) => { lines.push(...line.split("\n")); }, realClock, WAIT_MS);
      return { ok: code === 0, lines };
    },
    configured: async () => (await status()).bundle !== null,
    status,
    async drain(on) {
      await ask(socket, { op: "drain", on }, log, realClock, WAIT_MS);
    },
  };
}

/** True while hostd answers and every service is ready. Never rejects. */
export async function allReady(status: () => Promise<HostStatus>, log: (line: string) => void): Promise<boolean> {
  try { return (await status()).ready; } catch (error) { log(messageOf(error)); return false; }
}
