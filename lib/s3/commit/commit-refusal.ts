/** What became of a set of objects that was not stored, or not to its end. */
export type Refused = 'lost' | 'overtaken' | 'foreign'

/**
 * The reason why an object of a `CommitSet` was not stored.
 *
 * - `lost`: something else was stored under the key that decides. Nothing of the set is visible.
 * - `overtaken`: the set had won, and a newer one has won since. What is visible is that one's.
 * - `foreign`: the set has won, and another of its keys has an object that no such set has stored.
 */
export class CommitRefusal extends Error {
  /** The error to tell. */
  readonly reason: Error
  readonly refused: Refused

  constructor(refused: Refused, reason: Error) {
    super(reason.message, { cause: reason })
    this.refused = refused
    this.reason = reason
  }
}
