/** What hostile statements reach for. */
export interface Canaries {
  /** A file with a secret, which stays as it is. */
  file: string;
  /** The folder of the file, in which nothing else appears. */
  folder: string;
  /** A server that is never asked. */
  url: string;
}
