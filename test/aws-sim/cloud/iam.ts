/** Is a role allowed a call? AWS's rule: an explicit Deny wins, else an Allow is needed. Conditions it cannot judge count as not met. */
import type { PolicyDocument, Statement } from "./state.ts";

const listOf = (value: string | readonly string[] | undefined): readonly string[] => (value === undefined ? [] : typeof value === "string" ? [value] : value);

/** Whether a text matches a pattern with `*` and `?`. */
export function like(pattern: string, text: string, ignoreCase = false): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, ignoreCase ? "is" : "s").test(text);
}

function applies(statement: Statement, action: string, resource: string, facts: Readonly<Record<string, string>>): boolean {
  const actions = statement.Action === undefined ? !listOf(statement.NotAction).some((p) => like(p, action, true)) : listOf(statement.Action).some((p) => like(p, action, true));
  const resources = statement.Resource === undefined ? !listOf(statement.NotResource).some((p) => like(p, resource)) : listOf(statement.Resource).some((p) => like(p, resource));
  return actions && resources && Object.entries(statement.Condition ?? {}).every(([test, wanted]) => Object.entries(wanted).every(([key, values]) => meets(test, facts[key.toLowerCase()], listOf(values))));
}

function meets(test: string, value: string | undefined, wanted: readonly string[]): boolean {
  const name = test.replace(/^ForA(?:ll|ny)Values:/, "");
  const values = value?.split("\n") ?? [];
  if (test.startsWith("ForAllValues:") && values.length === 0) return true;
  const one = (v: string): boolean => {
    switch (name) {
      case "StringEquals": case "ArnEquals": return wanted.includes(v);
      case "StringLike": case "ArnLike": return wanted.some((w) => like(w, v));
      case "StringEqualsIgnoreCase": return wanted.some((w) => w.toLowerCase() === v.toLowerCase());
      case "StringNotEquals": return !wanted.includes(v);
      case "Bool": return wanted.includes(v);
      default: return false;
    }
  };
  return values.length > 0 && (test.startsWith("ForAllValues:") ? values.every(one) : values.some(one));
}

/** @param facts condition keys in lower case; several values are lines */
export function allowed(policies: readonly PolicyDocument[], action: string, resource: string, facts: Readonly<Record<string, string>> = {}): boolean {
  const matching = policies.flatMap((p) => (Array.isArray(p.Statement) ? p.Statement as readonly Statement[] : [p.Statement as Statement])).filter((s) => applies(s, action, resource, facts));
  return matching.some((s) => s.Effect === "Allow") && !matching.some((s) => s.Effect === "Deny");
}
