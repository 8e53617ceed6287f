/** A failure that is told to the operator as it stands: what is wrong and what to do, without a stack. */
export class HostFailure extends Error {
  override readonly name = "HostFailure";
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
