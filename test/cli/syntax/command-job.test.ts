import t from 'tap'
import type { Job } from '../../../lib/job/schema/job.js'
import { type ObjectSettings, commandJob } from '../../../lib/cli/syntax/command-job.js'
import { wordsOf } from '../../support/shell-words.js'

/** The parts of a job that a command line decides. */
function jobOf(line: string, settings: ObjectSettings = {}): Job {
  return commandJob(wordsOf(line), '/films', settings).job
}

/** Command lines, and their inputs and outputs as a job has them. */
const GOOD: [line: string, inputs: Job['inputs'], outputs: object[], filterComplex?: string][] = [
  [
    '-i s3://in/a.mov -c:v libx264 -c:a aac s3://out/a.mp4',
    [{ url: 's3://in/a.mov' }],
    [
      {
        type: 'object',
        url: 's3://out/a.mp4',
        format: 'mp4',
        layout: 'file',
        args: ['-c:v', 'libx264', '-c:a', 'aac'],
        ifNoneMatch: '*',
      },
    ],
  ],
  [
    '-y -i s3://in/a.mov -c copy -movflags +faststart s3://out/a.mp4',
    [{ url: 's3://in/a.mov' }],
    [
      {
        format: 'mp4',
        layout: 'file',
        args: ['-c', 'copy', '-movflags', '+faststart'],
        ifNoneMatch: undefined,
      },
    ],
  ],
  [
    '-i s3://in/a.mov -c copy -movflags frag_keyframe+empty_moov s3://out/a.mp4 -y',
    [{ url: 's3://in/a.mov' }],
    [{ format: 'mp4', layout: undefined, args: ['-c', 'copy', '-movflags', 'frag_keyframe+empty_moov'] }],
  ],
  [
    `-ss 10 -i s3://in/a.mov -i https://x/logo.png?sig=1 -filter_complex '[0][1]overlay[v]' -map '[v]' s3://out/a.mp4 -vn s3://out/a.m4a`,
    [{ url: 's3://in/a.mov', args: ['-ss', '10'] }, { url: 'https://x/logo.png?sig=1' }],
    [
      { url: 's3://out/a.mp4', args: ['-map', '[v]'] },
      { url: 's3://out/a.m4a', format: 'ipod', layout: 'file', args: ['-vn'] },
    ],
    '[0][1]overlay[v]',
  ],
  [
    '-i clips/a.mkv -map 0:a:0 -f mp3 -',
    [{ url: '/films/clips/a.mkv' }],
    [{ url: '-', format: 'mp3', layout: undefined, ifNoneMatch: undefined, args: ['-map', '0:a:0'] }],
  ],
  [
    '-f mpegts -i - -c copy out.mkv',
    [{ url: '-', format: 'mpegts' }],
    [{ url: '/films/out.mkv', format: 'matroska' }],
  ],
  ['-i pipe:0 -f nut pipe:1', [{ url: '-' }], [{ url: '-', format: 'nut' }]],
  ['-i file:a.mov ./b:c.mkv', [{ url: '/films/a.mov' }], [{ url: '/films/b:c.mkv' }]],
  [
    '-i s3://in/a%20b+c.mov s3://out/%41.mkv',
    [{ url: 's3://in/a%20b+c.mov' }],
    [{ url: 's3://out/%41.mkv' }],
  ],
  [
    '-hide_banner -nostdin -loglevel error -stats -i s3://in/a.mov -an s3://out/a.webm -nostats',
    [{ url: 's3://in/a.mov' }],
    [{ format: 'webm', layout: undefined, args: ['-an'] }],
  ],
  [
    '-i s3://in/a.mov -frames:v 1 s3://out/a.jpg -i s3://in/b.mov -map 1:v -vframes 1 -q:v 2 s3://out/b.PNG',
    [{ url: 's3://in/a.mov' }, { url: 's3://in/b.mov' }],
    [
      { format: 'image2pipe', args: ['-c:v', 'mjpeg', '-frames:v', '1'] },
      { format: 'image2pipe', args: ['-c:v', 'png', '-map', '1:v', '-vframes', '1', '-q:v', '2'] },
    ],
  ],
  [
    '-i s3://in/a.mov -c:v libx264 -hls_time 4 -hls_playlist_type vod s3://web/talk/index.m3u8',
    [{ url: 's3://in/a.mov' }],
    [
      {
        type: 'package',
        prefix: 's3://web/talk/',
        playlist: 'index.m3u8',
        targetDuration: 4,
        renditions: [
          { name: 'main', args: ['-force_key_frames', 'expr:gte(t,n_forced*2)', '-c:v', 'libx264'] },
        ],
      },
    ],
  ],
  [
    '-i s3://in/a.mp4 -c copy -hls_flags +single_file s3://web/a.m3u8',
    [{ url: 's3://in/a.mp4' }],
    [{ type: 'package', prefix: 's3://web/', layout: 'byterange', renditions: [{ args: ['-c', 'copy'] }] }],
  ],
  [
    '-i s3://in/a.mov -i s3://in/b.wav -map 0:v -map 1:a -shortest -metadata title=-i -bf -1 s3://out/a.mov',
    [{ url: 's3://in/a.mov' }, { url: 's3://in/b.wav' }],
    [
      {
        format: 'mov',
        layout: 'file',
        args: ['-map', '0:v', '-map', '1:a', '-shortest', '-metadata', 'title=-i', '-bf', '-1'],
      },
    ],
  ],
  [
    `-i s3://in/a.mov -filter_complex '[0:v]split[a][b]' -filter_complex '[a]hue=s=0[c]' -map '[b]' s3://out/b.mkv -map '[c]' s3://out/c.mkv -filter_threads 2`,
    [{ url: 's3://in/a.mov' }],
    [{ url: 's3://out/b.mkv' }, { url: 's3://out/c.mkv', args: ['-map', '[c]', '-filter_threads', '2'] }],
    '[0:v]split[a][b];[a]hue=s=0[c]',
  ],
]

t.test('reads the syntax of ffmpeg as a job', async t => {
  for (const [line, inputs, outputs, filterComplex] of GOOD) {
    const job = jobOf(line)
    t.same(job.inputs, inputs, line)
    t.equal(job.filterComplex, filterComplex, line)
    t.equal(job.outputs.length, outputs.length, line)
    for (const [n, expected] of outputs.entries()) t.match(job.outputs[n], expected, line)
  }
})

/** Command lines that are refused: the first word at fault, and a part of the message. */
const BAD: [line: string, message: RegExp][] = [
  ['', /There is no input/],
  ['-c:v libx264 s3://out/a.mp4', /There is no input/],
  ['-i', /name of an input is missing/],
  ['-i s3://in/a.mov', /There is no output after -i s3:\/\/in\/a\.mov/],
  ['-i s3://in/a.mov -fastest s3://out/a.mp4', /"-fastest" would take "s3:\/\/out\/a\.mp4" for its value/],
  ['-an_ -i s3://in/a.mov s3://out/a.mp4', /"-an_" would take "-i" for its value/],
  [
    '-i s3://in/a.mov -fast -c:v libx264 s3://out/a.mp4',
    /"libx264" would be an output, since "-fast" takes "-c:v"/,
  ],
  ['-i s3://in/a.mov s3://out/a.mp4 -c:v libx264', /"-c:v libx264" stands behind the last output/],
  ['-i s3://in/a.mov s3://out/a.mp4 -crf', /"-crf" needs a value/],
  ['-i s3://in/a.mov s3://out/a', /names no format: add -f/],
  ['-i s3://in/a.mov s3://out/a.xyz', /names no format: add -f/],
  ['-i s3://in/a.mov -', /Standard output has no ending/],
  ['-i s3://in/a.mov s3://out', /"s3:\/\/out" is no output: S3 needs a bucket and a key/],
  ['-i s3://in/a.mov s3://out/', /bucket and a key/],
  ['-i s3://in/a.mov s3://out/a/', /ends with "\/": name the object itself/],
  ['-i s3://in s3://out/a.mp4', /"s3:\/\/in" is no input: S3 needs a bucket and a key/],
  ['-i rtmp://x/y s3://out/a.mp4', /"rtmp:\/\/x\/y" is no input/],
  ['-i s3://in/a.mov rtmp://x/y', /"rtmp:\/\/x\/y" is no output/],
  ['-i s3://in/a.mov https://x/a.mp4?sig=SECRET', /"https:\/\/x\/a\.mp4" can't be written/],
  ['-i "concat:a.ts|b.ts" s3://out/a.mp4', /"concat:" opens other files itself.*-filter_complex/],
  ['-f concat -i list.txt s3://out/a.mp4', /"-f concat -i list\.txt" opens no file/],
  ['-f lavfi -i testsrc s3://out/a.mp4', /put it into -filter_complex/],
  ['-i s3://in/a.mov -f tee "s3://out/a.mp4|b.mp4"', /would take|List several outputs/],
  ['-i s3://in/a.mov -f tee a.mp4|b.mp4', /List several outputs/],
  ['-i s3://in/a.mov -f hls out/', /avio-streams package|ends with/],
  ['-i s3://in/a.mov -f hls a.m3u8', /avio-streams package/],
  ['-i s3://in/a.mov -f dash a.mpd', /avio-streams package .*--mpd/],
  ['-i s3://in/a.mov s3://out/a.mpd', /avio-streams package .*--mpd/],
  ['-i s3://in/a.mov -f segment a.ts', /avio-streams package/],
  ['-i s3://in/a.mov s3://out/a-%03d.jpg', /avio-streams thumbnails/],
  ['-i s3://in/a-%03d.png s3://out/a.mp4', /sequence of images/],
  ['-i s3://in/a.mov s3://out/a.jpg', /holds one image: add -frames:v 1/],
  [
    '-i s3://in/a.mov -pass 1 s3://out/a.mp4',
    /"-pass" in the options before "s3:\/\/out\/a\.mp4" is refused.*one pass/,
  ],
  [
    '-i s3://in/a.mov s3://out/b.mkv -x264-params pass=2 s3://out/a.mp4',
    /in the options before "s3:\/\/out\/a\.mp4" .*Use one pass/,
  ],
  ['-progress x -i s3://in/a.mov s3://out/a.mp4', /"-progress" .*is refused/],
  ['-i s3://in/a.mov -vf psnr=stats_file=x s3://out/a.mp4', /is refused/],
  [
    '-i s3://in/a.mov -filter_complex psnr=stats_file=x s3://out/a.mp4',
    /stats_file=x" in -filter_complex is refused/,
  ],
  ['-i s3://in/a.mov -c:s mov_text s3://out/a.mp4', /subtitles do not survive/],
  ['-i s3://in/a.mov -hls_base_url x s3://out/a.m3u8', /"-hls_base_url x" is not known here/],
  ['-i s3://in/a.mov s3://out/a.aiff -f aiff s3://out/b', /names no format|can't write to a stream/],
  [
    '-i s3://in/a.mov -f aiff s3://out/b',
    /The muxer "aiff" of -f before "s3:\/\/out\/b" can't write to a stream/,
  ],
  [
    '-i s3://in/a.mov -f mkv s3://out/b',
    /^The option -f before "s3:\/\/out\/b" must be .* "matroska" here, got "mkv"$/,
  ],
  ['-i s3://in/a.mov --json s3://out/a.mp4', /Options with two dashes go first: avio-streams --json/],
  ['-i s3://in/a.mov -c:v --json s3://out/a.mp4', /"-c:v" would take "--json" for its value/],
  ['-i s3://in/a.mov -- s3://out/a.mp4', /"--" is no option/],
  ['-i s3://in/a.mov "-c:v libx264" s3://out/a.mp4', /is one word, and ffmpeg wants two: write -c:v libx264/],
  ['-i s3://in/a.mov -crf=23 s3://out/a.mp4', /write -crf 23/],
  ['-i s3://in/a.mov "" s3://out/a.mp4', /A word of the command line is empty/],
  ['-i "" s3://out/a.mp4', /is no input|is empty/],
  ['-version', /print something/],
  ['-i - -i - s3://out/a.mp4', /Standard input can be only one/],
  ['-i s3://in/a.mov -f mp3 - -f nut -', /Standard output must be the only output/],
  ['-i s3://in/a.mov s3://out/a.mp4 -an s3://out/a.mp4', /is an output twice/],
  ['-i s3://in/a.mov s3://out/a.mp4 -f nut -', /Standard output must be the only output/],
  ['-y -i a.mkv -c copy ./a.mkv', /is both an input and an output/],
]

t.test('refuses what ffmpeg would misread, or what cannot stream, and says what to write', async t => {
  for (const [line, message] of BAD) {
    let error: unknown
    try {
      jobOf(line)
    } catch (thrown) {
      error = thrown
    }
    t.match(error, { message, code: /^AVIO_ERR_(OPTION|ARGUMENT_REFUSED|MUXER_NOT_STREAMABLE)$/ }, line)
    t.notMatch((error as Error).message, /SECRET/, line)
  }
})

t.test('refuses an option with an S3 object as its value, wherever it stands', async t => {
  for (const place of ['s3://b/k', 'S3://b/k']) {
    for (const line of [
      `-x ${place} -i s3://in/a s3://out/a.mp4`,
      `-i s3://in/a -vf ${place} s3://out/a.mp4`,
    ])
      t.throws(() => jobOf(line), { message: /for its value/ }, line)
  }
})

t.test('gives the settings of S3 to each object', async t => {
  const settings = { contentType: 'video/x', metadata: { a: 'b' } }
  const { outputs } = jobOf('-i s3://in/a.mov s3://out/a.mp4 -vn s3://out/a.m4a', settings)
  for (const output of outputs) t.match(output, settings)
})

t.test('tells whether outputs may be replaced, and the log level', async t => {
  const of = (line: string) => commandJob(wordsOf(line), '/films')
  t.equal(of('-i s3://in/a s3://out/a.mp4').logLevel, undefined)
  t.equal(of('-v warning -i s3://in/a s3://out/a.mp4 -loglevel debug').logLevel, 'debug')
  for (const [line, ifNoneMatch] of [
    ['-i s3://in/a s3://out/a.mp4 -vn s3://web/p/main.m3u8 /a.mkv', '*'],
    ['-y -i s3://in/a s3://out/a.mp4 s3://web/p/main.m3u8 /a.mkv -n', '*'],
    ['-i s3://in/a -y s3://out/a.mp4 s3://web/p/main.m3u8 /a.mkv', undefined],
    ['-i s3://in/a -f nut -', undefined],
  ] as const) {
    const { outputs } = of(line).job
    t.same(
      outputs.map(output => output.ifNoneMatch),
      outputs.map(() => ifNoneMatch),
      line,
    )
  }
})
