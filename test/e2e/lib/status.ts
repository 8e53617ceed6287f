/** What a transcoder's agent says of its streams, asked from inside its host. */
import type { Outputs, TestStack } from "./stack.ts";
import { containerExec } from "../../../scripts/live/docker.ts";
import { decode, type DecodeReport } from "./decode.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../../../scripts/live/wait.ts";
import { AGENT_PORT } from "../../../infra/render/paths.ts";

/** GET on a loopback address of a host; the body. */
export async function ask(stack: TestStack, host: string, url: string): Promise<string> {
  const { code, stdout, stderr } = await containerExec(stack.container(host), ["curl", "-fsS", "-m", "3", url]);
  if (code !== 0) throw new Error(`${host} ${url}: ${stderr}`);
  return stdout;
}

export interface StreamStatus { readonly name: string; readonly active: string | null; readonly [key: string]: unknown }

/** Status of one stream as its agent sees it. */
export async function streamStatus(stack: TestStack, stream: string, host = "tx-home-1"): Promise<StreamStatus> {
  const { streams } = JSON.parse(await ask(stack, host, `http://127.0.0.1:${AGENT_PORT}/status`)) as { streams: StreamStatus[] };
  const found = streams.find((s) => s.name === stream);
  if (!found) throw new Error(`${host} does not know ${stream}`);
  return found;
}

/** Waits until the stream's input is a publisher's (or, with null, the slate). */
export async function onAir(stack: TestStack, stream: string, publisher: string | null, host = "tx-home-1"): Promise<void> {
  await waitFor(async () => {
    const { active } = await streamStatus(stack, stream, host);
    return publisher === null ? active === null || active === "slate" : (active ?? "").includes(`/${publisher}/`);
  }, { what: `${publisher ?? "the slate"} on air at ${stream}`, timeoutMs: 40_000 });
}

/** File with the stack's CA, for decoders. */
export function caFile(stack: TestStack, outputs: Outputs): string {
  const file = join(stack.dir, "ca.pem");
  writeFileSync(file, outputs.ca ?? "");
  return file;
}

/** Decodes a stream from its distributor over TLS, until the picture moves (or is still): a switch takes a segment or two to pass the playlist. */
export async function decodeUntil(stack: TestStack, outputs: Outputs, url: string, good: (report: DecodeReport) => boolean, what: string): Promise<DecodeReport> {
  let last: DecodeReport | undefined;
  for (let attempt = 0; attempt < 5; attempt++) {
    last = await decode({ url, seconds: 6, caFile: caFile(stack, outputs) });
    if (good(last)) return last;
  }
  throw new Error(`${url}: not ${what} after 5 looks: ${JSON.stringify(last)}`);
}
