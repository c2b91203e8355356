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
