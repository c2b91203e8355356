import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The sources of the matrix and of the soak, made once. */
export interface Media {
  /** Two seconds of H.264 and AAC in Matroska, a key frame each half second: some 100 KB. */
  readonly small: Buffer
  /** The same as an MP4 with its index last, which can't be read in order. */
  readonly last: Buffer
  /** The same in more than one part: over 5 MiB. */
  readonly large: Buffer
}

/** The name of a source. */
export type MediaName = keyof Media

const PICTURE = 'testsrc2=size=160x120:rate=24'
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
const CODED = ['-pix_fmt', 'yuv420p', '-g', '12', '-keyint_min', '12', '-sc_threshold', '0', '-bf', '0']

/** Makes the sources. */
export function makeMedia(): Media {
  const folder = mkdtempSync(join(tmpdir(), 'avio-matrix-'))
  const make = (name: string, picture: string, args: readonly string[]): Buffer => {
    const file = join(folder, name)
    const inputs = ['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, ...SOUND, '-t', '2']
    const sound = ['-c:a', 'aac', '-b:a', '64k']
    const all = [...inputs, '-c:v', 'libx264', '-preset', 'ultrafast', ...CODED, ...args, ...sound, file]
    execFileSync(process.env['FFMPEG_PATH'] ?? 'ffmpeg', all)
    return readFileSync(file)
  }
  try {
    return {
      small: make('small.mkv', PICTURE, ['-crf', '30']),
      last: make('last.mp4', PICTURE, ['-crf', '30']),
      large: make('large.mkv', `${PICTURE.replace('160x120', '640x360')},noise=alls=100:allf=t`, [
        ...['-b:v', '26M', '-maxrate', '26M', '-bufsize', '26M'],
      ]),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
