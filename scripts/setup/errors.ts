/** What kind of thing stands in the way, for callers that react to it. */
export type SetupProblem =
  | "unsupported" | "not-root" | "disk" | "docker-permission" | "docker-unusable" | "offline" | "part" | "interrupted";

/** A failure to tell the user as it is: the message says what is wrong and what to do. Print it without a stack and exit with 1. */
export class SetupError extends Error {
  constructor(readonly problem: SetupProblem, what: string, todo: string) {
    super(`${what}\n${todo}`);
    this.name = "SetupError";
  }
}

/** One attempt to get a part failed; the next source may still do. `offline` when the reason was that nothing answered. */
export class SourceError extends Error {
  constructor(message: string, readonly offline: boolean) {
    super(message);
    this.name = "SourceError";
  }
}

const NO_ANSWER = new RegExp([
  "no such host", "could not resolve", "temporary failure (in name resolution|resolving)", "name or service not known", "network is unreachable",
  "no route to host", "i/o timeout", "timed? ?out", "connection refused", "connection reset", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT",
  "ENETUNREACH", "fetch failed", "server misbehaving", "failed to establish a new connection", "from versions: none", "no answer within",
].join("|"), "i");

/** True when a program's output reads as if the network were not there. */
export function looksOffline(text: string): boolean {
  return NO_ANSWER.test(text);
}

/** True when a program's output says that the disk is full. */
export function looksFull(text: string): boolean {
  return /no space left on device|ENOSPC|disk quota exceeded/i.test(text);
}
