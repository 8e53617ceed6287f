import * as pulumi from "@pulumi/pulumi";
import { deploy } from "./program.ts";

/** The Pulumi program: config → spec → plan → render → target; what it returns are the stack's outputs. */
export default async function program(): Promise<Record<string, unknown>> {
  try {
    return { ...await deploy() };
  } catch (error) {
    // A mistake in a topology or in config is the user's to mend: the message says how, a stack trace would bury it.
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
}
