/** Which of the three ways a part was had. */
export type Source = "installed" | "official" | "registries";

export const SOURCE_WORDS: Readonly<Record<Source, string>> = {
  installed: "installed", official: "official download", registries: "built from package registries",
};
