import { CliError, EXIT } from "./errors.ts";

/** Asks on the terminal without showing what is typed. @throws CliError (exit 130) at Ctrl-C */
export function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8").resume();
  return new Promise((done, fail) => {
    let typed = "";
    const end = (): void => {
      stdin.off("data", onData).pause().setRawMode(false);
      stderr.write("\n");
    };
    const onData = (text: string): void => {
      for (const character of text) {
        if (character === "\r" || character === "\n" || character === "\u0004") { end(); done(typed); return; }
        if (character === "\u0003") { end(); fail(new CliError("interrupted; nothing was stored", null, EXIT.interrupted)); return; }
        typed = character === "\u007f" || character === "\b" ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.on("data", onData);
  });
}
