import { execFile } from 'node:child_process'
import { getPriority } from 'node:os'
import { promisify } from 'node:util'
import t from 'tap'
import { systemLimitPrefix } from '../../../lib/ffmpeg/limits/system-limits.js'

const NONE = { nice: undefined, memory: undefined, cpuSeconds: undefined }

t.test('puts nothing in front of an unlimited command', async t => {
  t.same(await systemLimitPrefix(NONE, ''), [])
})

t.test('refuses an unavailable limit', async t => {
  for (const [option, value] of Object.entries({ nice: 5, memory: 2 ** 30, cpuSeconds: 5 })) {
    await t.rejects(systemLimitPrefix({ ...NONE, [option]: value }, '/nowhere:relative'), {
      code: 'AVIO_ERR_FFMPEG_SPAWN',
      message: new RegExp(`"limits\\.${option}" needs the command "(nice|prlimit)"`),
    })
  }
})

t.test(
  'makes the system enforce the limits on the command',
  { skip: process.platform !== 'linux' && 'only Linux has prlimit' },
  async t => {
    const [file, ...args] = await systemLimitPrefix({ nice: 7, memory: 2 ** 40, cpuSeconds: 9 })
    const show = 'nice; ulimit -v; ulimit -St; ulimit -Ht'
    const { stdout } = await promisify(execFile)(file!, [...args, 'sh', '-c', show])
    // The process that runs the tests may be nice itself.
    const niceness = String(Math.min(19, getPriority() + 7))
    t.same(stdout.trim().split('\n'), [niceness, String(2 ** 30), '9', '14'])
  },
)
