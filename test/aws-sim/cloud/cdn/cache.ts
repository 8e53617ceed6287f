/** Objects at one edge: fresh ones answer, one request at a time asks the origin, stale ones bridge an origin that fails. */
import type { Fetched } from "./origin.ts";

interface Entry { readonly answer: Fetched; readonly stored: number; readonly until: number }
export interface Served { readonly answer: Fetched; readonly from: "Hit" | "Miss" | "RefreshHit"; readonly ageSeconds: number }

/** Bytes of bodies kept; the oldest go first. */
const LIMIT = 256 * 1024 * 1024;

export class EdgeCache {
  private readonly entries = new Map<string, Entry>();
  private readonly running = new Map<string, Promise<Fetched>>();
  private bytes = 0;

  /** @param ttl seconds for an answer; 0: only for requests that wait together */
  async get(key: string, fetch: () => Promise<Fetched>, ttl: (answer: Fetched) => number): Promise<Served> {
    const kept = this.entries.get(key), now = Date.now();
    if (kept !== undefined && kept.until > now) return { answer: kept.answer, from: "Hit", ageSeconds: (now - kept.stored) / 1000 };
    const joined = this.running.get(key);
    const fetching = joined ?? fetch();
    if (joined === undefined) {
      this.running.set(key, fetching);
      void fetching.finally(() => this.running.delete(key)).catch(() => undefined);
    }
    const answer = await fetching;
    if (answer.status >= 500 && kept !== undefined && kept.answer.status < 400) return { answer: kept.answer, from: "RefreshHit", ageSeconds: (Date.now() - kept.stored) / 1000 };
    if (joined === undefined) this.keep(key, answer, ttl(answer));
    return { answer, from: "Miss", ageSeconds: 0 };
  }

  private keep(key: string, answer: Fetched, seconds: number): void {
    const old = this.entries.get(key);
    if (old !== undefined) { this.bytes -= old.answer.body.length; this.entries.delete(key); }
    if (!(seconds > 0)) return;
    this.entries.set(key, { answer, stored: Date.now(), until: Date.now() + seconds * 1000 });
    this.bytes += answer.body.length;
    for (const [oldest, entry] of this.entries) {
      if (this.bytes <= LIMIT) break;
      this.entries.delete(oldest);
      this.bytes -= entry.answer.body.length;
    }
  }
}
