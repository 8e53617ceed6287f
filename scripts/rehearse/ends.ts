/** What must be undone, whatever happens: rules removed, frozen processes thawed, containers gone. Last made, first undone. */
export class Ends {
  private readonly open: { readonly what: string; readonly undo: () => Promise<void> }[] = [];
  constructor(private readonly tell: (text: string) => void) {}

  /** Remembers how to undo something. Calling the result undoes it now, once; later calls wait for that. */
  add(what: string, undo: () => Promise<void> | void): () => Promise<void> {
    let done: Promise<void> | null = null;
    const entry = { what, undo: () => (done ??= Promise.resolve().then(undo)) };
    this.open.push(entry);
    return async () => {
      await entry.undo();
      const at = this.open.indexOf(entry);
      if (at >= 0) this.open.splice(at, 1);
    };
  }

  /** Leaves some of it as it is. */
  keep(what: readonly string[]): void {
    for (let i = this.open.length - 1; i >= 0; i--) if (what.includes(this.open[i]?.what ?? "")) this.open.splice(i, 1);
  }

  /** Undoes everything that is still open; what fails is told and does not keep the rest. @returns false when something failed */
  async all(): Promise<boolean> {
    let good = true;
    for (let entry = this.open.pop(); entry; entry = this.open.pop()) {
      try { await entry.undo(); } catch (error) {
        good = false;
        this.tell(`could not undo "${entry.what}": ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return good;
  }
}

/** Thrown by waits when the user wants to stop. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() { super("interrupted"); }
}

/** Sleeps, or throws {@link Interrupted} when the signal comes. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Interrupted());
    const stop = (): void => { clearTimeout(timer); reject(new Interrupted()); };
    const timer = setTimeout(() => { signal.removeEventListener("abort", stop); resolve(); }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
