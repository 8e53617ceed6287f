/** What a resource type and a plugin must offer; the gRPC service (wire/service.ts) speaks to these only. */
import type { Properties } from "./wire/values.ts";

export interface CheckFailure { readonly property: string; readonly reason: string }
export interface CheckResult { readonly inputs: Properties; readonly failures: readonly CheckFailure[] }

/** What happens to one property; the `-replace` kinds force a new resource. */
export type DiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface DiffResult {
  /** Property path (`ports[0].external`) to what happens to it; empty when nothing changes. */
  readonly changes: ReadonlyMap<string, DiffKind>;
  /** True when the old resource must be gone before the new one can be made (a fixed name, a published port). */
  readonly deleteBeforeReplace: boolean;
  /** Top-level properties that an update never changes. */
  readonly stables?: readonly string[];
}

/** Who asks, and how to speak to the person at the terminal and hear of a cancellation. */
export interface Context {
  readonly urn: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** Aborted when the user presses Ctrl-C: leave long waits and end honestly. */
  readonly signal: AbortSignal;
  readonly log: (severity: "info" | "warning" | "error", message: string, ephemeral?: boolean) => void;
}

export interface Autonaming { readonly proposedName: string; readonly mode: "propose" | "enforce" | "disable" }
export interface CheckArgs { readonly olds: Properties; readonly news: Properties; readonly seed: Uint8Array; readonly autonaming?: Autonaming }
export interface DiffArgs { readonly id: string; readonly state: Properties; readonly oldInputs: Properties; readonly news: Properties }
export interface CreateArgs { readonly inputs: Properties; readonly preview: boolean; readonly timeoutSeconds: number }
export interface UpdateArgs extends CreateArgs { readonly id: string; readonly state: Properties; readonly oldInputs: Properties }
export interface ReadArgs { readonly id: string; readonly state: Properties; readonly inputs: Properties }
export interface DeleteArgs { readonly id: string; readonly state: Properties; readonly timeoutSeconds: number }
export interface Created { readonly id: string; readonly outputs: Properties }
export interface ReadResult extends Created { readonly inputs: Properties }

/** One resource type of a plugin. Every method may throw {@link PluginError}. */
export interface Resource {
  check(args: CheckArgs, context: Context): CheckResult;
  diff(args: DiffArgs, context: Context): DiffResult;
  create(args: CreateArgs, context: Context): Promise<Created>;
  /** Resolves to undefined when the thing no longer exists. */
  read(args: ReadArgs, context: Context): Promise<ReadResult | undefined>;
  update(args: UpdateArgs, context: Context): Promise<Properties>;
  delete(args: DeleteArgs, context: Context): Promise<void>;
}

/** A whole plugin: its types and its configuration. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  /** True when secrets reach the resources wrapped; otherwise the engine marks outputs named like secret inputs itself. */
  readonly acceptSecrets: boolean;
  /** Names a provider's configuration may have; anything else is refused. */
  readonly configKeys: readonly string[];
  readonly resources: ReadonlyMap<string, Resource>;
  /** The Pulumi schema text, for tools that ask. */
  schema(): string;
  /** Takes the configuration; called before any resource is touched. */
  configure(config: Properties): void;
  /** Configuration keys whose change means a different system, hence new resources. */
  readonly replacingConfigKeys: readonly string[];
  /** Answers a function; `tell` shows a line to the person at the terminal. Left out by plugins that have none. */
  invoke?(token: string, args: Properties, tell: (message: string) => void): Promise<Properties>;
}

/** A failure told to the user as it stands: what is wrong and what to do, no stack. */
export class PluginError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PluginError";
  }
}

/** The resource exists but is not as wanted: the engine keeps it in the state and tries again at the next run. */
export class InitFailed extends PluginError {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;
  constructor(message: string, id: string, outputs: Properties, inputs: Properties) {
    super(message);
    this.id = id;
    this.outputs = outputs;
    this.inputs = inputs;
  }
}
