import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import {
  type FfmpegVersion,
  NEWEST_TESTED,
  OLDEST,
  parseVersion,
  remarkOn,
} from '../../../lib/ffmpeg/binary/version.js'

/** Output of `-version` from various builds, without the lines about most other libraries. */
const BUILDS: Record<string, { text: string; name: string; libavformat: [number, number]; verdict: string }> =
  {
    'Debian 11': {
      text:
        'ffmpeg version 4.3.9-0+deb11u1 Copyright (c) 2000-2024 the FFmpeg developers\n' +
        'built with gcc 10 (Debian 10.2.1-6)\nconfiguration: --prefix=/usr --extra-version=0+deb11u1\n' +
        'libavutil      56. 51.100 / 56. 51.100\nlibavcodec     58. 91.100 / 58. 91.100\n' +
        'libavformat    58. 45.100 / 58. 45.100\nlibavdevice    58. 10.100 / 58. 10.100\n',
      ...{ name: '4.3.9-0+deb11u1', libavformat: [58, 45], verdict: 'too old' },
    },
    'the 2018 build of @ffmpeg-installer': {
      text:
        'ffmpeg version N-92722-gf22fcd4483 Copyright (c) 2000-2018 the FFmpeg developers\nbuilt with gcc 8 (Debian 8.2.0-10)\n' +
        'libavutil      56. 24.101 / 56. 24.101\nlibavformat    58. 23.100 / 58. 23.100\n',
      ...{ name: 'N-92722-gf22fcd4483', libavformat: [58, 23], verdict: 'too old' },
    },
    'a release of 5.0': {
      text: 'ffmpeg version 5.0.1 Copyright (c) 2000-2022 the FFmpeg developers\nlibavformat    59. 16.100 / 59. 16.100\n',
      ...{ name: '5.0.1', libavformat: [59, 16], verdict: 'too old' },
    },
    'Debian 12': {
      text:
        'ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\n' +
        'libavcodec     59. 37.100 / 59. 37.100\nlibavformat    59. 27.100 / 59. 27.100\nlibavdevice    59.  7.100 / 59.  7.100\n',
      ...{ name: '5.1.9-0+deb12u1', libavformat: [59, 27], verdict: 'tested' },
    },
    'a static build on Windows': {
      text:
        'ffmpeg version 2024-05-13-git-37db0454e4-full_build-www.gyan.dev Copyright (c) 2000-2024 the FFmpeg developers\r\n' +
        'built with gcc 13.2.0 (Rev5, Built by MSYS2 project)\r\nlibavformat    61.  3.103 / 61.  3.103\r\n',
      ...{
        name: '2024-05-13-git-37db0454e4-full_build-www.gyan.dev',
        libavformat: [61, 3],
        verdict: 'tested',
      },
    },
    'a static build for Linux': {
      text:
        'ffmpeg version 7.0.2-static https://johnvansickle.com/ffmpeg/  Copyright (c) 2000-2024 the FFmpeg developers\n' +
        'libavformat    61.  1.100 / 61.  1.100\n',
      ...{ name: '7.0.2-static https://johnvansickle.com/ffmpeg/ ', libavformat: [61, 1], verdict: 'tested' },
    },
    'an old library under new headers': {
      text:
        'ffmpeg version 6.1.1 Copyright (c) 2000-2023 the FFmpeg developers\n' +
        'WARNING: library configuration mismatch\n  avformat    configuration: --enable-shared\n' +
        'libavformat    60. 16.100 / 58. 76.100\n',
      ...{ name: '6.1.1', libavformat: [58, 76], verdict: 'too old' },
    },
    'a newer library under old headers': {
      text: 'ffprobe version 5.0 Copyright (c) 2007-2022 the FFmpeg developers\nlibavformat    59. 16.100 / 59. 27.100\n',
      ...{ name: '5.0', libavformat: [59, 27], verdict: 'tested' },
    },
    'Debian sid': {
      text:
        'ffmpeg version 9.0.2-4 Copyright (c) 2000-2026 the FFmpeg developers\n' +
        'libavcodec     63.  1.102 / 63.  1.102\nlibavformat    63.  1.102 / 63.  1.102\n\nExiting with exit code 0\n',
      ...{ name: '9.0.2-4', libavformat: [63, 1], verdict: 'tested' },
    },
    'a git build after 9.0, named by its number of commits': {
      text: 'ffmpeg version N-124001-g0123456789 Copyright (c) 2000-2027 the FFmpeg developers\nlibavformat    63.  4.100 / 63.  4.100\n',
      ...{ name: 'N-124001-g0123456789', libavformat: [63, 4], verdict: 'newer' },
    },
    'a vendor with a version name of its own': {
      text: 'ffmpeg version jellyfin Copyright (c) 2000-2030 the FFmpeg developers\nlibavformat    64.  0.100 / 64.  0.100\n',
      ...{ name: 'jellyfin', libavformat: [64, 0], verdict: 'newer' },
    },
    'a release of 0.10': {
      text: 'ffmpeg version 0.10\nlibavformat    53. 32.100\n',
      ...{ name: '0.10', libavformat: [53, 32], verdict: 'too old' },
    },
  }

function verdictOn(version: FfmpegVersion | undefined): string {
  try {
    const remark = remarkOn('/usr/bin/ffmpeg', version)
    return remark === undefined ? 'tested' : remark.includes('newer than') ? 'newer' : 'unknown'
  } catch (error) {
    const { code, ffmpegPath } = error as { code: string; ffmpegPath: string }
    return code === 'AVIO_ERR_FFMPEG_TOO_OLD' && ffmpegPath === '/usr/bin/ffmpeg' ? 'too old' : code
  }
}

t.test('reads the run-time libavformat of every build, whatever its name', async t => {
  for (const [build, { text, verdict, ...version }] of Object.entries(BUILDS)) {
    t.same(parseVersion(text), version, build)
    t.equal(verdictOn(parseVersion(text)), verdict, build)
  }
})

t.test('accepts a program that reports no libavformat', async t => {
  for (const text of [
    '',
    'v20.19.0\n',
    'ffmpeg version 4.3\n',
    'libavformat',
    'see libavformat    58. 45.100',
    '\n\n',
  ]) {
    t.equal(parseVersion(text), undefined, text)
  }
  t.equal(verdictOn(undefined), 'unknown')
})

t.test('distinguishes versions before the oldest and after the newest tested', async t => {
  const at = ([major, minor]: readonly [number, number]) =>
    verdictOn({ name: 'x', libavformat: [major, minor] })
  const [[oldMajor, oldMinor], [newMajor, newMinor]] = [OLDEST.libavformat, NEWEST_TESTED.libavformat]
  t.same(
    [at([oldMajor, oldMinor - 1]), at([oldMajor - 1, 99]), at([oldMajor, oldMinor])],
    ['too old', 'too old', 'tested'],
  )
  t.same(
    [at([newMajor, newMinor]), at([newMajor, newMinor + 1]), at([newMajor + 1, 0])],
    ['tested', 'newer', 'newer'],
  )
})

t.test('recognizes the installed binary', async t => {
  const { stdout } = await promisify(execFile)((await locateFfmpeg()).path, ['-version'])
  t.equal(verdictOn(parseVersion(stdout)), 'tested', stdout)
})
