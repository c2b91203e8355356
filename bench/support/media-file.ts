import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-maxrate', '40M', '-bufsize', '40M', '-g', '50']

/** A Matroska file of about `size` bytes: 2 s of H.264 and AAC at a high bit rate, repeated. */
export class MediaFile {
  private constructor(
    readonly path: string,
    readonly size: number,
    private readonly folder: string,
  ) {}

  static async make(size: number, picture: readonly string[] = H264): Promise<MediaFile> {
    const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
    const loop = join(folder, 'loop.mkv')
    const path = join(folder, 'media.mkv')
    const pictures = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=2,noise=alls=20:allf=t']
    const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2']
    const codecs = [...picture, '-b:v', '40M', '-c:a', 'aac']
    await run('ffmpeg', ['-v', 'error', '-nostdin', ...pictures, ...tone, ...codecs, loop])
    const times = Math.ceil(size / (await stat(loop)).size)
    const looped = ['-stream_loop', String(times - 1), '-i', loop, '-c', 'copy', path]
    await run('ffmpeg', ['-v', 'error', '-nostdin', ...looped])
    return new MediaFile(path, (await stat(path)).size, folder)
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}
