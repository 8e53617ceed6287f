/**
 * What a host receives: files and the services that read them. The same bundle goes to a container and to an EC2 or ssh
 * host; `infra/host` applies it. Bundles hold no secret: text that needs one has a marker `@{secret:NAME}` that the host
 * replaces in memory (tmpfs), `@{local:gateway}` for the address that the operator's own machine appears as, `@{local:uplink}` for its interface and `@{local:public}` for
 * the address that the outside knows.
 */

/** What changing a file costs; worst last. */
export type ReloadClass = "nothing" | "hot-reload" | "stream-restarts" | "publishers-drop" | "host-replaced";

export interface RenderedFile {
  /** Relative to the host's live folder, e.g. "mediamtx/mediamtx.yml". */
  readonly path: string;
  readonly content: string;
  /** Octal text, e.g. "0644". Files with secret markers are "0600". */
  readonly mode: string;
  /** Cost of changing it, when only values that can be reloaded change. */
  readonly reload: ReloadClass;
}

export type Readiness =
  | { readonly kind: "none" }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "http"; readonly url: string; readonly insecure?: boolean };

/** How a running service takes a changed file. `self`: it watches its files. */
export type ReloadMethod =
  | { readonly kind: "self" }
  | { readonly kind: "signal"; readonly signal: "SIGHUP" | "SIGUSR1" | "SIGUSR2" }
  | { readonly kind: "restart" };

export interface Service {
  readonly name: string;
  /** Absolute program and arguments; `{etc}` is the live folder, `{var}` the state folder, `{run}` a tmpfs folder. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | null;
  /** Files (bundle paths) whose change concerns it; "peers" when it must know that a peer's address changed. */
  readonly reads: readonly string[];
  readonly reload: ReloadMethod;
  /** Run before first start and when `creates` is missing; `creates` may hold the placeholders above. */
  readonly prepare: readonly { readonly argv: readonly string[]; readonly creates: string }[];
  /** Validates a staged folder before it goes live: argv with `{staged}`; exit 0 = good. */
  readonly check: readonly string[] | null;
  readonly ready: Readiness;
  /** Services that must be ready first. */
  readonly after: readonly string[];
  /** Environment for `check` only (e.g. to keep ports shut). */
  readonly checkEnv: Readonly<Record<string, string>>;
  /** A check that must still be running after this many ms is good (for programs without a test flag); null = must exit 0. */
  readonly checkAliveMs: number | null;
  /** What it was told over its API and forgets when its file changes: hostd adds it to the copy of the file that goes live. */
  readonly keeps?: KeptState;
}

/** Forwards of MediaMTX's paths; a path that has `forward` in the rendered text keeps that. */
export interface KeptState { readonly kind: "mediamtx-forwards"; readonly file: string; readonly api: string }

export interface Bundle {
  readonly version: 1;
  readonly host: string;
  /** Host names to keep resolved: name and address. */
  readonly peers: readonly { readonly host: string; readonly address: string }[];
  /** nft ruleset with named sets, one set per peer host; null where the target filters itself. */
  readonly firewall: string | null;
  readonly files: readonly RenderedFile[];
  readonly services: readonly Service[];
  /** Names of secrets the files mention. */
  readonly secrets: readonly string[];
  /**
   * Public base addresses ("https://host:port") by name, added by the target: rendered text has the marker `@{address:NAME}`, which is
   * empty for a name that is not here. A distributor's name is its host's; "cdn" is the topology's CDN, "cdn.probe" where its health is asked.
   */
  readonly addresses?: Readonly<Record<string, string>>;
}
