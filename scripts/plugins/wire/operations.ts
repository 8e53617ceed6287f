/** Running calls: counted so that the process ends only after the last answer, and cancelled together. */
export interface Operations {
  /** Runs one call; it is handed the signal that {@link cancel} aborts. */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Tells every running and later call that the user wants to stop. */
  cancel(): void;
  /** Resolves when no call runs and none has come for `quietMs` milliseconds. */
  quiet(quietMs: number): Promise<void>;
}

export function createOperations(): Operations {
  const controller = new AbortController();
  let running = 0;
  let changed: () => void = () => undefined;
  return {
    async run(work) {
      running += 1;
      changed();
      try {
        return await work(controller.signal);
      } finally {
        running -= 1;
        changed();
      }
    },
    cancel: () => controller.abort(),
    quiet: (quietMs) => new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      changed = () => {
        clearTimeout(timer);
        if (running === 0) timer = setTimeout(resolve, quietMs);
      };
      changed();
    }),
  };
}
