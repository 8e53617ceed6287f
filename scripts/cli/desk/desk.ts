/** A running stack, asked and told things by hand, without an `up`: over its containers on this machine, over its store on AWS. */
import type { AgentStatus } from "../../../infra/agent/status.ts";
import type { Override } from "../../../infra/agent/selection.ts";
import type { ForwarderStatus } from "../../../infra/forwarder/status.ts";
import type { SteeringStatus } from "../../../infra/steering/status.ts";
import { checkStackName, onAws } from "../lib/stack.ts";
import { awsDesk } from "./aws.ts";
import { localDesk } from "./local.ts";

/** What one host says of its programs; null for those that it has not. Members of a group on AWS are told apart by their instance. */
export interface Desked { readonly host: string; readonly agent: AgentStatus | null; readonly forwarder: ForwarderStatus | null; readonly steering: SteeringStatus | null }

export interface Desk {
  /** Hosts that answer. Rejects with a CliError when the stack cannot be asked. */
  hosts(): Promise<readonly Desked[]>;
  /** Sets a stream's input by hand, everywhere; hosts had time to follow. @returns who could not be told, and why */
  override(stream: string, to: Override): Promise<readonly string[]>;
  /** Sets weights by hand, beside those that are set already; null: as the topology has them. @returns who could not be told, and why */
  weights(changes: ReadonlyMap<string, number> | null): Promise<readonly string[]>;
}

/** @throws CliError when the stack does not run */
export function deskOf(stack: string): Promise<Desk> {
  checkStackName(stack);
  return onAws(stack) ? awsDesk(stack) : localDesk(stack);
}
