/** What the plugin asks the simulation, over HTTP on this machine. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";

export type Ask =
  | { readonly op: "create"; readonly type: string; readonly name: string; readonly inputs: Properties }
  | { readonly op: "read"; readonly type: string; readonly id: string; readonly region?: string }
  | { readonly op: "update"; readonly type: string; readonly id: string; readonly region?: string; readonly inputs: Properties }
  | { readonly op: "delete"; readonly type: string; readonly id: string; readonly region?: string }
  | { readonly op: "invoke"; readonly token: string; readonly args: Properties };

/** Serves on a free port of this machine; an exception's message becomes the user's. */
export async function serveAsks(answer: (ask: Ask) => Promise<unknown>): Promise<{ readonly url: string; close(): void }> {
  const server = http.createServer((req, res) => {
    const parts: Buffer[] = [];
    req.on("data", (b: Buffer) => parts.push(b));
    req.on("end", () => {
      void (async () => answer(JSON.parse(Buffer.concat(parts).toString()) as Ask))().then(
        (value) => res.end(value === undefined ? "null" : JSON.stringify(value)),
        (error: unknown) => { res.statusCode = 500; res.end(error instanceof Error ? error.message : String(error)); },
      );
    });
  });
  // A large upload holds this process up; a connection closed meanwhile would fail the plugin's next question.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => { server.closeAllConnections(); server.close(); } };
}
