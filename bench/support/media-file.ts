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

  /**
   * @param picture - the arguments of the video's encoder
   * @param frame - width and height of the video
   */
  static async make(size: number, picture: readonly string[] = H264, frame = '1280x720'): Promise<MediaFile> {
    const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
    const loop = join(folder, 'loop.mkv')
    const path = join(folder, 'media.mkv')
    const pictures = ['-f', 'lavfi', '-i', `testsrc2=size=${frame}:rate=25:duration=2,noise=alls=20:allf=t`]
    const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2']
    const codecs = [...picture, '-b:v', '40M', '-c:a', 'aac']
    await run('ffmpeg', ['-v', 'error', '-nostdin', ...pictures, ...tone, ...codecs, loop])
    const times = Math.ceil(size / (await stat(loop)).size)
    const looped = ['-stream_loop', String(times - 1), '-i', loop, '-c', 'copy', path]
    await run('ffmpeg', ['-v', 'error', '-nostdin', ...looped])
    return new MediaFile(path, (await stat(path)).size, folder)
  }

  /** The same media in an MP4 with its index at the end. */
  static async makeMp4(size: number): Promise<MediaFile> {
    const media = await MediaFile.make(size)
    const path = join(media.folder, 'media.mp4')
    await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', media.path, '-c', 'copy', path])
    return new MediaFile(path, (await stat(path)).size, media.folder)
  }

  /** About `size` bytes of AAC at 128 kbit/s in ADTS. */
  static async makeAudio(size: number): Promise<MediaFile> {
    const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
    const path = join(folder, 'audio.aac')
    const noise = [
      '-f',
      'lavfi',
      '-i',
      `anoisesrc=color=pink:sample_rate=48000:duration=${(size * 8) / 128e3}`,
    ]
    await run('ffmpeg', [
      '-v',
      'error',
      '-nostdin',
      ...noise,
      '-ac',
      '2',
      '-c:a',
      'aac',
      '-b:a',
      '128k',
      path,
    ])
    return new MediaFile(path, (await stat(path)).size, folder)
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}
