import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { locateFfmpeg } from '../../lib/ffmpeg/binary/locate-ffmpeg.js'
import type { FfmpegError } from '../../lib/errors.js'
import { SITUATIONS } from './ffmpeg-situations.js'

/**
 * Records what the ffmpeg at hand says in each situation, for `test/fixtures/ffmpeg-logs`:
 *
 *     FFMPEG_PATH=/opt/ffmpeg node --import tsx test/support/record-situations.ts > test/fixtures/ffmpeg-logs/7.1.txt
 *
 * Kept are errors, warnings, the closing statistics, and what the exit was; addresses in memory are all `0x1`.
 */

const KEPT =
  /^(?:\[[^\]]* @ 0x1\] )*\[(?:panic|fatal|error|warning)\]|packets muxed|Total: .* muxed|\] Output file #|muxing overhead|Exiting normally|^x26[45] \[error\]/

const folder = await mkdtemp(join(tmpdir(), 'avio-streams-situations-'))
const wrapper = join(folder, 'ffmpeg')
const { path: real } = await locateFfmpeg()
await writeFile(
  wrapper,
  `#!/bin/bash\ncase "$*" in *"-progress pipe:3"*) exec 2> >(exec tee '${folder}/logs/'$$ >&2);; esac\nexec '${real}' "$@"\n`,
)
await chmod(wrapper, 0o755)
for (const { name, run } of SITUATIONS) {
  await rm(join(folder, 'logs'), { recursive: true, force: true })
  await mkdir(join(folder, 'logs'))
  const error = await run(wrapper).then(
    () => undefined,
    (reason: unknown) => reason as FfmpegError,
  )
  const [file] = await readdir(join(folder, 'logs'))
  const log = file === undefined ? '' : await readFile(join(folder, 'logs', file), 'utf8')
  const lines = log.replace(/ @ (?:0x)?[\da-f]+\]/g, ' @ 0x1]').split('\n')
  const ended = error?.signal ?? (error?.exitCode === undefined ? 0 : error.exitCode)
  process.stdout.write(`## ${name}\nended ${ended}\n${lines.filter(line => KEPT.test(line)).join('\n')}\n\n`)
}
await rm(folder, { recursive: true })
