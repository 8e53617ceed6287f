import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Marks a `pulumi` command as headend's, so that no other is ever overwritten or removed. */
export const OWN_MARK = "# installed by headend set-up";
export const PULUMI_COMMAND = "/usr/local/bin/pulumi";

/** Single-quotes a text for sh. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The `pulumi` command for people who have none: finds the clone it is run in and gives the real command line the same
 * variables as `pulumiEnv`; elsewhere, or where the user has a backend of their own, it only passes on.
 */
export function pulumiCommandText(program: string, home: string): string {
  return `#!/bin/sh
${OWN_MARK}: plain "pulumi" inside a clone of headend uses its embedded state
real=${shellQuote(program)}
[ -x "$real" ] || { echo "pulumi: $real is gone; run npm run up (or npx headend setup) in the clone to get it back" >&2; exit 127; }
login="\${PULUMI_HOME:-$HOME/.pulumi}/credentials.json"
root=$PWD
previous=
for argument in "$@"; do
  case "$previous" in -C|--cwd) root=$argument ;; esac
  case "$argument" in --cwd=*) root=\${argument#--cwd=} ;; esac
  previous=$argument
done
root=$(cd "$root" 2>/dev/null && pwd) || root=$PWD
while [ "$root" != / ] && ! grep -qsE '^name:[[:space:]]*"?headend"?[[:space:]]*$' "$root/Pulumi.yaml"; do root=$(dirname "$root"); done
if [ "$root" != / ]; then
  export PATH="$root/.headend/bin:$PATH" PULUMI_SKIP_UPDATE_CHECK=true PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
  if [ -z "$PULUMI_BACKEND_URL$PULUMI_ACCESS_TOKEN" ] && ! grep -qsE '"current"[[:space:]]*:[[:space:]]*"[^"]' "$login"; then
    export PULUMI_BACKEND_URL="file://$(printf %s "$root/.headend/state" | sed 's/%/%25/g; s/ /%20/g; s/#/%23/g; s/?/%3F/g')"
    [ -n "$PULUMI_CONFIG_PASSPHRASE$PULUMI_CONFIG_PASSPHRASE_FILE" ] || export PULUMI_CONFIG_PASSPHRASE_FILE="$root/.headend/passphrase"
    [ -n "$PULUMI_HOME" ] || export PULUMI_HOME=${shellQuote(home)}
  fi
fi
exec "$real" "$@"
`;
}

/** True when the file is headend's. */
export function isOwnCommand(file: string): boolean {
  try { return readFileSync(file, "latin1").slice(0, 400).includes(OWN_MARK); } catch { return false; }
}

/** Installs or refreshes the command; leaves any other file alone. Says what it did. */
export function installPulumiCommand(program: string, home: string, file: string = PULUMI_COMMAND): "installed" | "kept" | "refused" {
  if (existsSync(file) && !isOwnCommand(file)) return "refused";
  const text = pulumiCommandText(program, home);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return "kept";
  try {
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.headend-${process.pid}`;
    writeFileSync(temporary, text);
    chmodSync(temporary, 0o755);
    renameSync(temporary, file);
    return "installed";
  } catch (error) {
    if (["EACCES", "EROFS", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return "refused";
    throw error;
  }
}

/** Removes the command if it is headend's. */
export function removePulumiCommand(file: string = PULUMI_COMMAND): boolean {
  if (!isOwnCommand(file)) return false;
  rmSync(file);
  return true;
}
