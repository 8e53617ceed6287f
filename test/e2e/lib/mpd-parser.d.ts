declare module "mpd-parser" {
  /** Only what the tests read. */
  export function parse(text: string, options: { manifestUri: string }): { playlists: unknown[] };
}
