import { join } from "node:path";
import { RUN, VAR } from "../render/paths.ts";

/** Where hostd keeps things; tests move them to a temporary folder. */
export interface Places {
  /** tmpfs: live files, staging, socket, status. */
  readonly run: string;
  readonly etc: string;
  readonly var: string;
  readonly socket: string;
  /** Written at every change of state; what `health` reads. */
  readonly status: string;
  /** Exists exactly while every service is ready. */
  readonly readyFlag: string;
  readonly hosts: string;
  readonly routes: string;
}

/** The standard places, from `HEADEND_RUN_DIR` and `HEADEND_VAR_DIR` when set. Rendered text names the defaults. */
export function placesFrom(env: Readonly<Record<string, string | undefined>>): Places {
  const run = env["HEADEND_RUN_DIR"] ?? RUN;
  return {
    run,
    etc: join(run, "etc"),
    var: env["HEADEND_VAR_DIR"] ?? VAR,
    socket: join(run, "hostd.sock"),
    status: join(run, "status.json"),
    readyFlag: join(run, "ready"),
    hosts: env["HEADEND_HOSTS_FILE"] ?? "/etc/hosts",
    routes: "/proc/net/route",
  };
}

/** Replaces `{etc}`, `{var}`, `{run}` and `{staged}`; other braces are left alone. */
export function fillPlaces(text: string, folders: { readonly etc: string; readonly var: string; readonly run: string; readonly staged?: string }): string {
  return text.replace(/\{(etc|var|run|staged)\}/g, (whole, key: "etc" | "var" | "run" | "staged") => folders[key] ?? whole);
}
