import { realClock, sleep } from "../clock.ts";
import { messageOf } from "../failure.ts";
import type { Metadata } from "./metadata.ts";

/** Who and where this instance is. Waits for instance metadata, which is late now and then at a start. */
export async function identity(metadata: Metadata, log: (line: string) => void): Promise<{ readonly instance: string; readonly region: string }> {
  for (;;) {
    try {
      const [instance, region] = await Promise.all([metadata.get("instance-id"), metadata.get("placement/region")]);
      if (instance && region) return { instance, region };
      log("instance metadata names no instance or region; asking again");
    } catch (error) { log(`instance metadata does not answer (${messageOf(error)}); asking again`); }
    await sleep(realClock, 2_000);
  }
}
