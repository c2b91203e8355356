import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A film to encode. */
export interface FilmSource {
  readonly seconds: number
  /** Width and height of the video: `640x360`. */
  readonly frame: string
}

/** Writes an MP4 with its index at the end and a high bit rate, as cameras and editors write it. */
export async function makeFilm(path: string, { seconds, frame }: FilmSource): Promise<void> {
  const picture = `testsrc2=size=${frame}:rate=25:duration=${seconds},noise=alls=4:allf=t`
  const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', `sine=r=48000:d=${seconds}`]
  const encoders = ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '16', '-g', '50', '-c:a', 'aac']
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', ...inputs, ...encoders, path])
}
