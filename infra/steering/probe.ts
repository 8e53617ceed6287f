import http from "node:http";
import https from "node:https";
import { NOW_HEADER, PATHWAYS_HEADER } from "../agent/pathways.ts";
import { SILENT } from "./health.ts";

const TIMEOUT_MS = 1000;
const plain = new http.Agent({ keepAlive: true, maxSockets: 8 });
/**
 * Internal names are not in a public certificate, and nothing is sent: a stranger who could answer here in a distributor's place could
 * as well keep viewers from it.
 */
const secure = new https.Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });

/**
 * Asks a health address once: null when it is well, else why not. A silent one is given a second. Never rejects. A transcoder is told
 * who asks (`self`) and his time, so that it can compare its clock also with distributors that have no viewers.
 */
export function probe(url: string, self?: string): Promise<string | null> {
  return new Promise((resolve) => {
    const tls = url.startsWith("https:");
    const late = setTimeout(() => { resolve(SILENT); request.destroy(); }, TIMEOUT_MS);
    const done = (result: string | null): void => { clearTimeout(late); resolve(result); };
    const request = (tls ? https : http).request(url, { agent: tls ? secure : plain, ...(self === undefined ? {} : { headers: { [PATHWAYS_HEADER]: self, [NOW_HEADER]: (Date.now() / 1000).toFixed(3) } }) }, (response) => {
      response.resume();
      response.on("error", () => undefined);
      const { statusCode = 500 } = response;
      done(statusCode < 500 ? null : `answers ${statusCode}`);
    });
    request.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    request.end();
  });
}
