import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A source the demo makes: its key, its content type, and how ffmpeg encodes it. */
interface Source {
  readonly key: string
  readonly contentType: string
  readonly args: readonly string[]
}

/** The two kinds of file that the system this library grew from was first tried on. */
export const SOURCES: readonly Source[] = [
  {
    key: 'video-H263-AC3.avi',
    contentType: 'video/x-msvideo',
    args: ['-c:v', 'h263', '-b:v', '1500k', '-c:a', 'ac3', '-f', 'avi'],
  },
  {
    key: 'video-H264-AAC.m4v',
    contentType: 'video/x-m4v',
    // Its index goes last, as cameras and editors write it: a pipe can't read it, and ffmpeg is given a way to jump.
    args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-f', 'ipod'],
  },
]

/** Encodes `seconds` of a test picture and a tone. Before the measured part begins: such files need a disk. */
export async function makeSource(
  ffmpeg: string,
  source: Source,
  seconds: number,
  size = '352x288',
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-demo-'))
  try {
    const file = join(folder, source.key)
    const picture = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`]
    const tone = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`]
    await run(ffmpeg, [
      '-v',
      'error',
      '-nostdin',
      '-y',
      ...picture,
      ...tone,
      '-ac',
      '2',
      ...source.args,
      file,
    ])
    return await readFile(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}
