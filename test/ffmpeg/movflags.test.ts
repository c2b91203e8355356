import t from 'tap'
import { mergeMovflags } from '../../lib/ffmpeg/movflags.js'

const merged = (...values: string[]) => mergeMovflags(values, 'output.args').join('+')
const defaults = 'frag_keyframe+delay_moov+default_base_moof'

t.test('without a word of the user the defaults stand', async t => {
  t.equal(merged(), defaults)
})

t.test('a value with a sign changes the defaults', async t => {
  t.equal(merged('+cmaf'), `${defaults}+cmaf`)
  t.equal(merged('-delay_moov'), 'frag_keyframe+default_base_moof')
  t.equal(
    merged('+empty_moov-delay_moov+skip_trailer'),
    'frag_keyframe+default_base_moof+empty_moov+skip_trailer',
  )
  t.equal(merged('+cmaf', '-cmaf'), defaults)
})

t.test('a value without a sign takes the place of the defaults, and of values before it', async t => {
  t.equal(merged('frag_keyframe+empty_moov'), 'frag_keyframe+empty_moov')
  t.equal(merged('+cmaf', 'empty_moov', '+dash'), 'empty_moov+dash')
  t.equal(merged('frag_keyframe+empty_moov-frag_keyframe'), 'empty_moov')
})

t.test('flags that need to go back in the output are refused by name, with what to do instead', async t => {
  for (const flag of ['faststart', 'global_sidx', 'hybrid_fragmented']) {
    for (const value of [flag, `+${flag}`, `frag_keyframe+${flag}`]) {
      t.throws(() => merged(value), {
        code: 'AVIO_ERR_ARGUMENT_REFUSED',
        message: `"-movflags ${flag}" in option "output.args"`,
      })
    }
  }
  t.equal(merged('+faststart', '-faststart'), defaults, 'taken back')
})

t.test('flags by number, which could hide a refused one, are refused', async t => {
  for (const value of ['128', '+0x80', 'all', '+default']) {
    t.throws(() => merged(value), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
  }
})
