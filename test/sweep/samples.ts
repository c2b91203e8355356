import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Sample } from './corpus.js'

/** Makes the files of the corpus in a folder, with the ffmpeg under test. */

const run = promisify(execFile)

const SUBTITLES = Array.from(
  { length: 3 },
  (_, n) => `${n + 1}\n00:00:0${n},100 --> 00:00:0${n},900\nLine ${n}\n`,
).join('\n')

const CHAPTERS = [
  ';FFMETADATA1',
  ...['One', 'Two'].flatMap((title, n) => [
    '[CHAPTER]',
    'TIMEBASE=1/1000',
    `START=${1000 * n}`,
    `END=${1000 * (n + 1)}`,
    `title=${title}`,
  ]),
].join('\n')

/** Writes the files that samples are made from. */
export async function prepare(folder: string): Promise<void> {
  await writeFile(join(folder, 'subtitles.srt'), SUBTITLES)
  await writeFile(join(folder, 'chapters.txt'), CHAPTERS)
}

/**
 * Makes a sample; returns its path. The name has no extension, so that ffmpeg detects the format by its bytes, as for an
 * object. Rejects if this ffmpeg lacks an encoder or a muxer.
 */
export async function make(sample: Sample, folder: string): Promise<string> {
  const made = join(folder, sample.file)
  const given = new Map([
    ['SUBTITLES', join(folder, 'subtitles.srt')],
    ['CHAPTERS', join(folder, 'chapters.txt')],
  ])
  const args = sample.args.map(argument => given.get(argument) ?? argument)
  const ffmpeg = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
  await run(ffmpeg, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args, made])
  const bytes = await readFile(made)
  const path = join(folder, sample.file.replace('.', '-'))
  await writeFile(path, sample.surgery?.(bytes) ?? bytes)
  return path
}

/** The output of plain ffmpeg for a file opened by name. */
export async function copied(path: string, sample: Sample): Promise<string> {
  const ffmpeg = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
  const { format, args } = outputOf(sample)
  const all = [...inputOf(sample), '-i', path, ...args, '-f', format, 'pipe:1']
  const { stdout } = await run(ffmpeg, ['-hide_banner', '-nostdin', '-v', 'error', ...all], {
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

/** Input arguments for a sample. */
export function inputOf({ format, input = [] }: Sample): string[] {
  return [...(format === undefined ? [] : ['-f', format]), ...input]
}

/** Every packet of every stream, as ffmpeg lists them. */
export function outputOf({ isLoose = false }: Sample): { format: string; args: string[] } {
  return isLoose
    ? { format: 'crc', args: ['-c:a', 'pcm_s16le'] }
    : { format: 'framecrc', args: ['-map', '0', '-c', 'copy', '-copy_unknown'] }
}
