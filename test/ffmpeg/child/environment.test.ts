import { spawnSync } from 'node:child_process'
import t from 'tap'
import { childEnvironment } from '../../../lib/ffmpeg/child/environment.js'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

t.test("hides the parent's own variables from the child", async t => {
  const inherited = {
    ...{ AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't', AWS_PROFILE: 'p' },
    ...{ GITHUB_TOKEN: 't', NPM_TOKEN: 't', DATABASE_URL: 'u', NODE_OPTIONS: '--inspect', PASSWORD: 'x' },
    ...{
      http_proxy: 'p',
      HTTPS_PROXY: 'p',
      no_proxy: 'p',
      FFREPORT: 'file=x',
      LD_PRELOAD: 'x.so',
      lc_all: 'x',
    },
  }
  t.same(childEnvironment({}, inherited), { AV_LOG_FORCE_NOCOLOR: '1' })
})

t.test('passes on the variables that ffmpeg needs', async t => {
  const inherited = {
    ...{ PATH: '/bin', HOME: '/root', LD_LIBRARY_PATH: '/lib', FONTCONFIG_FILE: 'f', SystemRoot: 'C:' },
    ...{
      LANG: 'C',
      LC_ALL: 'C.UTF-8',
      LC_CTYPE: 'C',
      TZ: 'UTC',
      CUDA_VISIBLE_DEVICES: '0',
      LIBVA_DRIVER_NAME: 'i',
    },
  }
  t.same(childEnvironment(undefined, inherited), { ...inherited, AV_LOG_FORCE_NOCOLOR: '1' })
})

t.test("adds the user's own variables, but keeps the log without colors", async t => {
  const extra = { PATH: '/opt', TOKEN: 'mine', AV_LOG_FORCE_NOCOLOR: '' }
  t.same(childEnvironment(extra, { PATH: '/bin', HOME: '/' }), {
    ...{ PATH: '/opt', TOKEN: 'mine', HOME: '/', AV_LOG_FORCE_NOCOLOR: '1' },
  })
})

t.test('refuses FFREPORT, which makes ffmpeg write a file', async t => {
  t.throws(() => childEnvironment({ FFREPORT: 'file=log.txt' }), {
    code: 'AVIO_ERR_OPTION',
    message: /FFREPORT/,
  })
})

t.test('runs the installed ffmpeg', async t => {
  const { status } = spawnSync(FFMPEG, ['-version'], { env: childEnvironment() })
  t.equal(status, 0)
})
