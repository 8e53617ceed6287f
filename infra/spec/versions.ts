/**
 * The version of the vocabulary. A new version gets a migration here: a function from the plain data of the version before,
 * so that old files keep loading. Version 1 is the only one so far.
 */
export const CURRENT_VERSION = 1;

type Plain = Readonly<Record<string, unknown>>;
/** `MIGRATIONS[n]` takes version n to version n + 1. */
const MIGRATIONS: Readonly<Record<number, (data: Plain) => Plain>> = {};

export type VersionCheck = { readonly ok: true; readonly data: Plain } | { readonly ok: false; readonly message: string; readonly suggestion: string | null };

/** Brings the data of any known version to the current one, or says why the version is not usable. */
export function migrate(data: Plain): VersionCheck {
  const version = data["headend"];
  const suggestion = `headend: ${CURRENT_VERSION}`;
  if (version === undefined || version === null) return { ok: false, message: "the version of the vocabulary is missing", suggestion };
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    return { ok: false, message: "is not a version", suggestion };
  }
  if (version > CURRENT_VERSION) {
    return { ok: false, message: "is newer than this headend understands: update headend, or go back to an older file", suggestion: null };
  }
  let current = data;
  for (let n = version; n < CURRENT_VERSION; n++) current = MIGRATIONS[n]!(current);
  return { ok: true, data: current };
}
