import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "./lib/errors.ts";
import { note, paint, print } from "./lib/output.ts";
import { shown, stackDir } from "./lib/places.ts";
import { openStack } from "./lib/stack.ts";

/** `headend trust`: writes the CA's certificate (public) and says where to put it. */
export async function trust(options: { readonly stack: string }): Promise<void> {
  const stack = await openStack(options.stack);
  const outputs = await stack.outputs();
  if (outputs === null) throw new CliError(`The stack ${stack.name} is not deployed.`, `Start it: npx headend up --stack ${stack.name}`);
  if (outputs.ca === null) { note(`The stack ${stack.name} shows a certificate of your own; there is nothing to trust.`); return; }
  mkdirSync(stackDir(stack.name), { recursive: true });
  const file = join(stackDir(stack.name), "ca.crt");
  writeFileSync(file, outputs.ca, { mode: 0o644 });
  print(trustText(shown(file), outputs.viewer));
}

/** Steps for each system. */
export function trustText(file: string, viewer: string): string {
  const name = "headend-local.crt";
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["Debian, Ubuntu", [`sudo cp ${file} /usr/local/share/ca-certificates/${name} && sudo update-ca-certificates`]],
    ["Fedora, RHEL", [`sudo cp ${file} /etc/pki/ca-trust/source/anchors/${name} && sudo update-ca-trust`]],
    ["macOS", [`sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${file}`]],
    ["Windows (PowerShell as administrator)", [`Import-Certificate -FilePath ${file} -CertStoreLocation Cert:\\LocalMachine\\Root`]],
    ["Chrome, Chromium on Linux", [`certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n headend -i ${file}   (package libnss3-tools)`, "or Settings → Privacy and security → Security → Manage certificates → Import"]],
    ["Firefox", ["Settings → Privacy & Security → Certificates → View Certificates → Authorities → Import", "tick “Trust this CA to identify websites”"]],
    ["iPhone, iPad", ["send the file to the device and install the profile, then", "Settings → General → About → Certificate Trust Settings → switch it on"]],
    ["OBS (RTMPS, WHIP)", ["uses the system's list above; restart it afterwards. OBS says nothing useful when it refuses a certificate."]],
    ["curl, ffmpeg, tests", [`curl --cacert ${file} ${viewer}/`, `ffmpeg -tls_verify 1 -ca_file ${file} …`]],
  ];
  return [
    `${paint.bold(file)} is the certificate of this stack's own authority. Trust it only on devices of yours:`,
    "whoever has the stack's state could make certificates that these devices accept.",
    ...steps.map(([title, lines]) => `\n${paint.cyan(title)}\n${lines.map((line) => `  ${line}`).join("\n")}`),
  ].join("\n");
}
