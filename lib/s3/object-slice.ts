import type { RandomAccess } from '../io/random-access.js'
import { SourceSlice } from '../io/sources/source-slice.js'
import { unsatisfiable } from './read/pinned-ranges.js'
import { checkPlaces, type PinnedObject } from './pinned-object.js'

/** A part of an object, presented as a whole: its byte 0 is the object's byte `start`. Its errors are those of S3. */
export class ObjectSlice extends SourceSlice {
  readonly #object: Pick<PinnedObject, 'info'>

  /** @param end - exclusive; `Infinity`, or anything past the object's end, for the rest of the object */
  constructor(object: RandomAccess & Pick<PinnedObject, 'info'>, start: number, end: number) {
    super(object, start, end)
    this.#object = object
  }

  protected override checkPlaces(start: number, end: number): void {
    checkPlaces(start, end)
  }

  protected override behind(place: number, size: number): Error {
    return unsatisfiable(place, size, this.#object.info!)
  }
}
