/** One thing looked at. `fix` says what to do when it is not well. */
export interface Finding { readonly what: string; readonly state: "good" | "warning" | "bad"; readonly detail: string; readonly fix: string | null }

export const good = (what: string, detail: string): Finding => ({ what, state: "good", detail, fix: null });
export const bad = (what: string, detail: string, fix: string): Finding => ({ what, state: "bad", detail, fix });
export const warning = (what: string, detail: string, fix: string): Finding => ({ what, state: "warning", detail, fix });

/** Playlists older than this mean that pictures do not move. */
export const STALE_SECONDS = 15;
