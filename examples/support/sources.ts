import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A source that the demo makes: its key, its content type, and ffmpeg's arguments. */
interface Source {
  readonly key: string
  readonly contentType: string
  readonly args: readonly string[]
}

/** Two kinds of source: one that can be read in order, and one with its index last. */
export const SOURCES: readonly Source[] = [
  {
    key: 'video-H263-AC3.avi',
    contentType: 'video/x-msvideo',
    args: ['-c:v', 'h263', '-b:v', '1500k', '-c:a', 'ac3', '-f', 'avi'],
  },
  {
    key: 'video-H264-AAC.m4v',
    contentType: 'video/x-m4v',
    // Its index is last, as cameras and editors write it: ffmpeg can't read it from a pipe and needs random access.
    args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-f', 'ipod'],
  },
]

/** Encodes `seconds` of test video and a tone, before the measured part begins, because such files need a disk. */
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
