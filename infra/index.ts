import * as pulumi from "@pulumi/pulumi";
import { deploy } from "./program.ts";

/** Pulumi's code for a program that ended after it told the user what to do (sdk/nodejs/cmd/run/run.ts). */
const TOLD_THE_USER = 32;

/** The Pulumi program: config → spec → plan → render → target; what it returns are the stack's outputs. */
export default async function program(): Promise<Record<string, unknown>> {
  try {
    return { ...await deploy() };
  } catch (error) {
    // A mistake in a topology or in config is the user's to mend: the message says how, a stack trace would bury it.
    await pulumi.log.error(error instanceof Error ? error.message : String(error));
    // Not thrown: the SDK may spin for minutes over an error that a program throws before its first resource.
    process.exit(TOLD_THE_USER);
  }
}
