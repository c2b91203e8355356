/**
 * How much a hostile file may make us keep or count, beyond the bytes of the one box that is being collected.
 * All of them lie far above what real media holds, and far below what would hurt.
 */

/** Boxes within one metadata box. A 10-minute `moof` whose tracks take turns has some 20,000 `trun`s. */
export const MAX_BOXES = 100_000

/** Tracks in a movie. */
export const MAX_TRACKS = 1000

/** Edits of one track. */
export const MAX_EDITS = 10_000

/**
 * Samples in one `trun`. A run whose samples are all alike takes no table, so that 20 bytes could claim four
 * thousand million of them.
 */
export const MAX_RUN_SAMPLES = 2 ** 24

/**
 * Samples of one track that are looked at, one after the other: a `stsz` whose samples are all of one size claims four
 * thousand million of them in 20 bytes, and so do the fragments of a track between them.
 */
export const MAX_SAMPLES = 2 ** 24

/** Entries of a sample table that stand for nothing: one step from sample to sample may have to pass all of them. */
export const MAX_EMPTY_ENTRIES = 2 ** 16

/** Sync samples that are listed. An hour of AAC, where each sample is one, has 170,000. */
export const MAX_KEY_SAMPLES = 2 ** 20

/** Chunks of all tracks together of which the places are compared. */
export const MAX_CHUNKS = 2 ** 22

/** Boxes of the top level that are hopped over on the way to the `moov`: each may cost a read. */
export const MAX_HOPS = 1000

/** Boxes of the top level in a file of fragments. A fragment a second makes some 90,000 in ten hours. */
export const MAX_FRAGMENT_BOXES = 400_000

/** Bytes of the index that is made for an ordinary MP4. A day of 60 pictures a second, with sound, takes some 100 MB. */
export const MAX_HEAD_SIZE = 2 ** 30

/**
 * Samples without a byte and without a row of a table that are put into an index: they cost their sender nothing.
 */
export const MAX_EMPTY_SAMPLES = 2 ** 20

/** Bytes of a `moof` that is read by itself. */
export const MAX_FRAGMENT_SIZE = 16 * 2 ** 20

/** Bytes of a string in an `emsg`: the name of a scheme, a value. */
export const MAX_STRING = 2 ** 16
