import { MiB } from '../lib/options.js'
import { fileToFile, throughOurPipes } from './pipe.js'
import type { Topic } from './support/topic.js'

const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac']

export const topic: Topic = {
  title: 'Transcode through the pipes of FfmpegTransform (bound by ffmpeg)',
  setting: '48 MiB of Matroska (720p, 40 Mbit/s) to H.264 veryfast',
  size: 48 * MiB,
  source: 'media',
  store: 'none',
  contenders: {
    FfmpegTransform: arena => throughOurPipes(arena, x264),
    'ffmpeg file → file': arena => fileToFile(arena, x264),
  },
}
