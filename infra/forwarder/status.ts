import type { Override } from "../agent/selection.ts";

/** Answer of `GET /status` of the forwarder: what a multiplexer sends to other platforms. No address of theirs: these hold keys. */
export interface ForwarderStatus {
  readonly streams: readonly {
    readonly name: string;
    readonly override: Override;
    /** Path of the publisher that is sent when it is live; empty for none. */
    readonly chosen: string;
    readonly platforms: number;
  }[];
}
