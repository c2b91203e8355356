/**
 * Prints the paths of this Debian's own ffmpeg and ffprobe, unpacked into the cache, as JSON: for set-up where they
 * can't be installed.
 */
import { readFile } from 'node:fs/promises'
import { debianFfmpeg } from './debian-ffmpeg.js'
import { Unavailable } from './debian-tree.js'

const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
const suite = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1] ?? 'stable'
try {
  const { ffmpegPath: ffmpeg, ffprobePath: ffprobe } = await debianFfmpeg(suite)
  process.stdout.write(JSON.stringify({ ffmpeg, ffprobe }))
} catch (error) {
  if (!(error instanceof Unavailable)) throw error
  process.stderr.write(`Debian's packages can't be taken: ${error.message}\n`)
  process.exitCode = 1
}
