/** m3u8-parser ships no types; what the viewer uses of its manifest. */
declare module "m3u8-parser" {
  export interface Manifest {
    playlists?: { uri: string; attributes: { BANDWIDTH?: number; AUDIO?: string; CODECS?: string; RESOLUTION?: { width: number; height: number }; "FRAME-RATE"?: number } }[];
    mediaGroups?: { AUDIO?: Record<string, Record<string, { uri?: string; default?: boolean }>> };
    segments?: { uri: string; duration: number; custom?: { gap?: boolean }; discontinuity?: boolean; map?: { uri: string }; dateTimeString?: string }[];
    mediaSequence?: number;
    targetDuration?: number;
    discontinuitySequence?: number;
    endList?: boolean;
  }
  export class Parser {
    manifest: Manifest;
    addParser(o: { expression: RegExp; customType: string; segment?: boolean; dataParser?: (line: string) => unknown }): void;
    push(text: string): void;
    end(): void;
  }
}
