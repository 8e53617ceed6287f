/** Requests that nginx has answered since its start, from its status page on loopback; null when it does not answer. */
export async function nginxRequests(): Promise<number | null> {
  try {
    const response = await fetch("http://127.0.0.1:8081/stub_status", { signal: AbortSignal.timeout(1_000) });
    return requestsIn(await response.text());
  } catch { return null; }
}

/** The third number of the line of counters: accepted, handled, requests. */
export function requestsIn(status: string): number | null {
  const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/m.exec(status);
  return found ? Number(found[3]) : null;
}
