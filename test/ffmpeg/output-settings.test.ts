import t from 'tap'
import { outputSettings } from '../../lib/ffmpeg/output-settings.js'

const settings = (output: unknown) => outputSettings(output as { format: string }, 'outputs[1]')
const DEFAULTS = { args: [], layout: 'stream', onMissing: 'tell', cover: 'leave-out' }

t.test('needs only the format', async t => {
  t.same(settings({ format: 'mpegts' }), { format: 'mpegts', ...DEFAULTS })
  const onMissing = () => true
  const given = { format: 'mp4', args: ['-an'], layout: 'file', onMissing, cover: 'keep' }
  t.same(settings(given), given)
})

t.test('derives the layout from +faststart', async t => {
  const args = ['-movflags', '+faststart']
  t.match(settings({ format: 'mp4', args }), { layout: 'file' })
  t.throws(() => settings({ format: 'mp4', args, layout: 'stream' }), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
})

t.test('names the output whose option breaks a rule', async t => {
  const wrong: [string, unknown][] = [
    ['outputs[1]', undefined],
    ['outputs[1]', 'mp4'],
    ['outputs[1].format', {}],
    ['outputs[1].args', { format: 'mp4', args: '-an' }],
    ['outputs[1].layout', { format: 'matroska', layout: 'file' }],
    ['outputs[1].onMissing', { format: 'mp4', onMissing: 'warn' }],
    ['outputs[1].cover', { format: 'mp3', cover: 'keep' }],
    ['codec', { format: 'mp4', codec: 'h264' }],
  ]
  for (const [option, output] of wrong) {
    t.throws(() => settings(output), { code: 'AVIO_ERR_OPTION', option }, option)
  }
})
