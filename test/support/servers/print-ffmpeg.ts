/**
 * Prints the paths of this Debian's own ffmpeg and ffprobe, unpacked into the cache, as JSON: for set-up where they
 * can't be installed.
 */
import { debianFfmpeg } from './debian-ffmpeg.js'
import { Unavailable } from './debian-tree.js'
import { machineSuite } from './machine-suite.js'

try {
  const { ffmpegPath: ffmpeg, ffprobePath: ffprobe } = await debianFfmpeg(await machineSuite())
  process.stdout.write(JSON.stringify({ ffmpeg, ffprobe }))
} catch (error) {
  if (!(error instanceof Unavailable)) throw error
  process.stderr.write(`Debian's packages can't be taken: ${error.message}\n`)
  process.exitCode = 1
}
