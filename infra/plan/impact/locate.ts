import type { SpecPath } from "../../spec/problems.ts";
import type { LoadedTopology, SourcePosition } from "../../spec/topology.ts";

/** Where a part of the topology stands: in the new file, else in the deployed one. */
export function locator(after: LoadedTopology, before: LoadedTopology | null): (path: SpecPath) => string | null {
  const place = ({ file, line, column }: SourcePosition): string => `${file.split("/").slice(-2).join("/")}:${line}:${column}`;
  return (path) => {
    const written = (loaded: LoadedTopology): SpecPath | null => {
      for (let length = path.length; length > 0; length--) if (loaded.isWritten(path.slice(0, length))) return path.slice(0, length);
      return null;
    };
    const now = written(after), was = before === null ? null : written(before);
    if (was !== null && before !== null && was.length > (now?.length ?? 0)) return `was ${place(before.position(was))}`;
    return now === null ? null : place(after.position(now));
  };
}
