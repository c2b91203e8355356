import t from 'tap'
import { videoRange } from '../../../lib/hls/presentation/video-range.js'

import { AAC, FRAGMENTED, H264, bothInputs, ffmpegToPipe, videoInput } from '../../support/media.js'
import { soundOf } from '../../support/hls.js'

function picture(transfer: string): Promise<Buffer> {
  const color = ['-vf', `setparams=color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc`]
  return ffmpegToPipe([...videoInput({ seconds: 1 }), ...H264, ...color, ...FRAGMENTED])
}

t.test('reports the transfer function that ffmpeg writes', async t => {
  t.equal(videoRange(await picture('smpte2084')), 'PQ')
  t.equal(videoRange(await picture('arib-std-b67')), 'HLG')
  t.equal(videoRange(await picture('bt709')), 'SDR')
})

t.test('reports nothing for a file without it, or without video', async t => {
  t.equal(
    videoRange(await ffmpegToPipe([...bothInputs({ seconds: 1 }), ...H264, ...AAC, ...FRAGMENTED])),
    undefined,
  )
  t.equal(videoRange(await soundOf({ seconds: 1 })), undefined)
  t.equal(videoRange(Buffer.alloc(0)), undefined)
})
