/** What pull mode needs from outside: an interface, so that the loop can be tested without AWS. */
import type { HostPointer, Live, Orders, Report } from "../../targets/aws/contract.ts";

/** A pointer with what tells one writing of it from the next, even when its text is the same. */
export interface SeenPointer { readonly pointer: HostPointer; readonly version: string }

export interface ConfigStore {
  /** This host's pointer; null when there is none yet. Rejects when the store does not answer. */
  pointer(): Promise<SeenPointer | null>;
  /** Text of a bundle by its SHA-256. @throws HostFailure when what lies under the name is something else */
  bundle(sha256: string): Promise<string>;
  /** Values of secrets below this host's own path. @throws HostFailure when one is missing */
  secrets(path: string, names: readonly string[]): Promise<Readonly<Record<string, string>>>;
  report(report: Report): Promise<void>;
  /** What was said by hand; null when nothing was. Rejects when the store does not answer. */
  orders(): Promise<Orders | null>;
  live(live: Live): Promise<void>;
}
