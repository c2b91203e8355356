import t from 'tap'
import { runCli, runHere, storeWithClip } from '../../support/cli.js'
import { wordsOf } from '../../support/shell-words.js'

t.test('packages a ladder that fits the input, and replaces it only with -y', async t => {
  const { s3 } = await storeWithClip(t)
  const words = wordsOf(
    'package s3://masters/a.mp4 s3://web/talk --ladder 720,144 --preset ultrafast --mpd m.mpd',
  )
  const { code, stderr } = await runCli(words, { s3 })
  t.equal(code, 0, stderr)
  t.match(stderr, /Left out, since the video is smaller: 720p/)
  t.match(stderr, /s3:\/\/web\/talk\/main\.m3u8 {2}\d+ segments/)
  const playlist = (await s3.get('web', 'talk/main.m3u8'))!.toString()
  t.match(playlist, /RESOLUTION=256x144/)
  t.match(playlist, /TYPE=AUDIO/)
  t.ok(s3.head('web', 'talk/m.mpd'))
  t.equal((await runCli(words, { s3 })).code, 7)
})

t.test('pins the version that it has looked at', async t => {
  const { s3 } = await storeWithClip(t)
  const { stdout } = await runCli(wordsOf('package --print-job s3://masters/a.mp4 s3://web/ --images 1'), {
    s3,
  })
  const { etag } = s3.head('masters', 'a.mp4')!
  t.match(JSON.parse(stdout.toString()), {
    inputs: [{ url: 's3://masters/a.mp4', etag }],
    outputs: [
      {
        type: 'package',
        prefix: 's3://web/',
        images: { every: 1 },
        renditions: [{ name: '180p' }, { name: 'audio' }],
      },
    ],
  })
})

t.test('takes the options of a job in pieces', async t => {
  const { s3 } = await storeWithClip(t)
  const line =
    'package --print-job s3://masters/a.mp4 s3://web/talk --work s3://web/work --chunk 30 --split prefer'
  const { stdout } = await runHere(wordsOf(line), { s3 })
  t.match(JSON.parse(stdout.toString()), {
    split: { work: 's3://web/work/', chunkSeconds: 30, mode: 'prefer' },
  })
})

t.test('refuses other codecs, heights and numbers, and an input that is not there', async t => {
  const { s3 } = await storeWithClip(t)
  for (const [line, code, message] of [
    ['package s3://masters/a.mp4', 2, /Name an input and a prefix/],
    ['package s3://masters/a.mp4 s3://web/ --ladder 720,x', 2, /--ladder must be one of 144/],
    ['package s3://masters/a.mp4 s3://web/ --codec vp8', 2, /--codec must be one of h264/],
    ['package s3://masters/a.mp4 s3://web/ --segment 0', 2, /--segment must be an integer/],
    ['package s3://masters/a.mp4 s3://web/ --audio-kbps 5', 2, /--audio-kbps must be one of 16/],
    ['package s3://masters/none s3://web/', 3, /AVIO_ERR_NO_SUCH_KEY/],
  ] as const) {
    t.match(await runCli(wordsOf(line), { s3 }), { code, stderr: message }, line)
  }
})
