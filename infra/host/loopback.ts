/** Programs of this host, asked over loopback. */

const TIMEOUT_MS = 2_000;

/** JSON of an address on this host; null when nobody answers, or with an error. Never rejects. */
export async function ask<T>(port: number, path: string): Promise<T | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.json() as T : null;
  } catch { return null; }
}

/** Posts text. Rejects with the program's own words when it refuses. */
export async function tell(port: number, path: string, body: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error((await response.text()).trim().slice(0, 300));
}
