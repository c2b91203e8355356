/**
 * How much a hostile file may make us store or count, beyond the bytes of the one box being collected. All
 * limits are far above real media, and far below what would do harm.
 */

/** Boxes within one metadata box. A 10-minute `moof` with interleaved tracks has some 20,000 `trun`s. */
export const MAX_BOXES = 100_000

/** Tracks in a movie. */
export const MAX_TRACKS = 1000

/** Edits of one track. */
export const MAX_EDITS = 10_000

/**
 * Samples in one `trun`. A run of identical samples takes no table, so that 20 bytes could claim four thousand
 * million of them.
 */
export const MAX_RUN_SAMPLES = 2 ** 24

/**
 * Samples of one track that are visited one by one: a `stsz` with a constant size claims four thousand million
 * of them in 20 bytes, and so can the fragments of a track together.
 */
export const MAX_SAMPLES = 2 ** 24

/** Sample table entries without samples: one step between samples may have to skip all of them. */
export const MAX_EMPTY_ENTRIES = 2 ** 16

/** Sync samples listed. An hour of AAC, where every sample is one, has 170,000. */
export const MAX_KEY_SAMPLES = 2 ** 20

/** Chunks of all tracks together whose positions are compared. */
export const MAX_CHUNKS = 2 ** 22

/** Top-level boxes skipped on the way to the `moov`: each may cost a read. */
export const MAX_HOPS = 1000

/** Top-level boxes in a fragmented file. One fragment per second makes some 90,000 in ten hours. */
export const MAX_FRAGMENT_BOXES = 400_000

/**
 * Bytes of the index written for an ordinary MP4. A day of video at 60 frames a second, with audio, takes some
 * 100 MB.
 */
export const MAX_HEAD_SIZE = 2 ** 30

/**
 * Samples without bytes and without a table row that are put into an index: they cost their sender nothing.
 */
export const MAX_EMPTY_SAMPLES = 2 ** 20

/** Bytes of a `moof` that is read on its own. */
export const MAX_FRAGMENT_SIZE = 16 * 2 ** 20

/** Bytes of a string in an `emsg`: the name of a scheme, a value. */
export const MAX_STRING = 2 ** 16
