import { stripVTControlCharacters } from "node:util";
import type { Moto } from "./moto.ts";
import type { Ask } from "./server.ts";

/** What moto answers, told with the resource that was put to it. */
export function explained(ask: Ask, error: unknown, moto: Moto): Error {
  if (!(error instanceof Error) || !("$metadata" in error)) return error instanceof Error ? error : new Error(String(error));
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const said = error.name === "Unknown" || status === 500 ? `\n${stripVTControlCharacters(moto.said()).trim().split("\n").filter((l) => !l.includes(" HTTP/1.1\" 2")).slice(-12).join("\n")}` : "";
  return new Error(`${ask.op} ${"type" in ask ? ask.type : ask.token}: AWS (moto) refuses it: ${status} ${error.name}: ${error.message}${said}`);
}
