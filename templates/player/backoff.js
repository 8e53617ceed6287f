/** Waiting times that double up to a limit, with jitter so that a crowd does not come back at the same instant. */
export class Backoff {
  /** @param {number} firstMs @param {number} limitMs */
  constructor(firstMs, limitMs) { this.firstMs = firstMs; this.limitMs = limitMs; this.next = firstMs; }
  reset() { this.next = this.firstMs; }
  /** @returns {number} ms to wait now */
  take() {
    const ms = this.next;
    this.next = Math.min(this.limitMs, ms * 2);
    return ms * (0.75 + Math.random() * 0.5);
  }
}
