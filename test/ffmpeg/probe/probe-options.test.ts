import t from 'tap'
import { SELF_CONTAINED } from '../../../lib/ffmpeg/args/safe-demuxers.js'
import { probeSettings } from '../../../lib/ffmpeg/probe/probe-options.js'

const MiB = 1024 ** 2

t.test('fills in defaults', async t => {
  t.match(probeSettings({}), {
    ...{ ffprobePath: undefined, ffmpegPath: undefined, format: undefined, signal: undefined },
    ...{ formatWhitelist: SELF_CONTAINED, cacheSize: 8 * MiB, probeSize: 5 * MiB, timeout: 30_000 },
  })
  t.same(probeSettings({ formatWhitelist: ['mov'] }).formatWhitelist, ['mov'])
  t.equal(probeSettings({ env: { LANG: 'C.UTF-8' } }).env['LANG'], 'C.UTF-8')
})

t.test('names the option that breaks its rule', async t => {
  const wrong = {
    ffprobePath: 5,
    ffmpegPath: '',
    format: null,
    formatWhitelist: 'mov',
    env: { FFREPORT: 'x' },
    cacheSize: MiB - 1,
    probeSize: 64 * MiB + 1,
    timeout: 0,
    signal: {},
    probesize: 5,
  }
  for (const [option, value] of Object.entries(wrong)) {
    t.throws(() => probeSettings({ [option]: value }), { code: 'AVIO_ERR_OPTION', option }, option)
  }
  t.throws(() => probeSettings(null as never), { code: 'AVIO_ERR_OPTION' })
})
