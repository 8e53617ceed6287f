/** Lines on their way to CloudWatch Logs: in batches, in order, kept while it does not answer, never more than memory has room for. */
export interface LogEvent { readonly timestamp: number; readonly message: string }

export interface ShipperDeps {
  /** Rejects when it could not be sent. */
  readonly send: (events: readonly LogEvent[]) => Promise<void>;
  /** Told after what it marks has arrived. */
  readonly arrived: (cursor: string) => void;
}

/** Limits of PutLogEvents: 1,048,576 bytes with 26 for each event, 10,000 events, 24 hours between first and last. */
const BATCH_BYTES = 1_000_000;
const BATCH_EVENTS = 10_000;
const BATCH_SPAN_MS = 23 * 3_600_000;
const EVENT_BYTES = 26;
const LONGEST_BYTES = 200_000;
/** Kept while nothing can be sent; the journal keeps more, see the cursor. */
const KEPT = 50_000;

interface Waiting extends LogEvent { readonly cursor: string | null; readonly bytes: number }

export class Shipper {
  private waiting: Waiting[] = [];
  private dropped = 0;

  constructor(private readonly deps: ShipperDeps) {}

  add(timestamp: number, text: string, cursor: string | null = null): void {
    const message = Buffer.byteLength(text) > LONGEST_BYTES ? `${text.slice(0, LONGEST_BYTES / 4)}…` : text;
    this.waiting.push({ timestamp, message, cursor, bytes: Buffer.byteLength(message) + EVENT_BYTES });
    if (this.waiting.length > KEPT) { this.waiting.shift(); this.dropped++; }
  }

  /** Sends what waits. @throws what `send` threw; what waits stays */
  async flush(): Promise<void> {
    if (this.dropped > 0) {
      const first = this.waiting[0];
      this.waiting.unshift({ timestamp: first?.timestamp ?? Date.now(), message: `headend-watch | ${this.dropped} lines were left out while CloudWatch Logs did not answer`, cursor: null, bytes: 100 });
      this.dropped = 0;
    }
    while (this.waiting.length > 0) {
      const batch = this.batch();
      await this.deps.send([...batch].sort((a, b) => a.timestamp - b.timestamp).map(({ timestamp, message }) => ({ timestamp, message })));
      this.waiting = this.waiting.slice(batch.length);
      const cursor = batch.findLast((line) => line.cursor !== null)?.cursor;
      if (cursor) this.deps.arrived(cursor);
    }
  }

  private batch(): readonly Waiting[] {
    const first = this.waiting[0]?.timestamp ?? 0;
    let bytes = 0;
    let count = 0;
    for (const line of this.waiting) {
      if (count >= BATCH_EVENTS || (bytes += line.bytes) > BATCH_BYTES || Math.abs(line.timestamp - first) > BATCH_SPAN_MS) break;
      count++;
    }
    return this.waiting.slice(0, Math.max(1, count));
  }
}
