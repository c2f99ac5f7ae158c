/** By what a table is sorted. */

export interface Sort<Key extends string = string> {
  readonly by: Key;
  readonly isDescending: boolean;
}
