import { RULES } from "./table.ts";

const GROUPS: Readonly<Record<string, string>> = {
  0: "What the plan decided", 1: "Pictures and encoding", 2: "Latency", 3: "Publishers", 4: "Redundancy", 5: "Delivery and access", 6: "Recording, other platforms, slate",
  7: "Event and names", 8: "Machine sizes and cost", 9: "Suppressions",
};

/** docs/lint.md, from the table. */
export function lintDocs(): string {
  const count = (severity: string): number => RULES.filter((rule) => rule.severity === severity).length;
  const lines = [
    "# Rules of `headend check`", "",
    "<!-- Made from infra/plan/lint by `npx tsx scripts/docs/lint.ts`; do not edit. -->", "",
    `${RULES.length} rules: ${count("error")} error, ${count("warning")} warnings, ${count("info")} notes. \`headend check FILE\` exits with 2 on errors, with 1 on warnings under`,
    "`--strict`, else with 0. `--json` gives the findings as data, `--sarif` as SARIF 2.1.0 for code scanning.", "",
    "A finding that you accept is suppressed with its reason, on its line or on the line above:", "",
    "```yaml", "      # headend-ignore HE302: the church's encoder only has RTMP", "      altar: { via: [rtmp] }", "```", "",
    "A suppression without a reason does not count; one that suppresses nothing is a finding itself.", "",
    "`--certificate FILE` compares the certificate that a stack will show with the topology. Several files given at once are also compared with",
    "each other.", "",
    "Sources called *knowledge* and *requirements* are the project's notes: measurements on the versions headend pins, and what the documents it was",
    "planned from say (s0 to s4).",
  ];
  for (const [digit, title] of Object.entries(GROUPS)) {
    lines.push("", `## ${title}`);
    for (const rule of RULES.filter(({ id }) => id[2] === digit)) {
      lines.push("", `### ${rule.id} ${rule.title}`, "", `*${rule.severity}.* ${rule.reason}`, "", `Fix: ${rule.fix}`, "", `Source: ${rule.source}.`);
    }
  }
  return `${lines.join("\n")}\n`;
}
