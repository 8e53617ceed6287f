import type * as pulumi from "@pulumi/pulumi";
import type { Bundle } from "../render/bundle.ts";

/** Files and services of a host as inputs of its component, so that the diff shows their lines: text by path, commands as people read them. */
export function shownInputs(bundle: Bundle): pulumi.Inputs {
  return {
    // A picture's name is its hash, which says all that a diff can.
    files: Object.fromEntries(bundle.files.map((file) => [file.path, file.path.endsWith(".base64") ? `a picture, ${file.content.length} characters of base64` : file.content])),
    firewall: bundle.firewall,
    services: Object.fromEntries(bundle.services.map((service) => [service.name, service.argv.join(" ")])),
  };
}
