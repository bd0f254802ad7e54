/** Which SAE stands, or stood, under a name: everything that is derived from one is bound to it. */
export interface SaeIdentity {
  /** Its id. */
  sae: string;
  /** Hash of its weights file, which says also how they are read. */
  sha256: string;
  /** Hash of its manifest. */
  manifestSha256: string;
}
